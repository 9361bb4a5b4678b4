-- create_tag.
insert into tags (id, slug, name, kind)
select :id::uuid, s.slug, b ->> 'name', b ->> 'kind'
  from (select :body::json as b) given, free_slug('tags', :body::json ->> 'slug', :slug) s
