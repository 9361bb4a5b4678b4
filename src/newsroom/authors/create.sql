-- create_author.
insert into authors (id, slug, name, bio, links, image)
select :id::uuid, s.slug, b ->> 'name', b ->> 'bio', coalesce(nullif((b -> 'links')::jsonb, 'null'), '[]'),
       author_image_patched(b -> 'image', null)
  from (select :body::json as b) given, free_slug('authors', :body::json ->> 'slug', :slug) s
