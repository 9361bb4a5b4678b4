-- create_author.
insert into authors (id, slug, name, bio)
select :new_id::uuid, s.slug, b ->> 'name', b ->> 'bio'
  from (select :body::json as b) given, free_slug('authors', :body::json ->> 'slug', :slug) s
