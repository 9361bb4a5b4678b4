-- read_author: an author by their slug, as readers may see them. An older slug answers with the present address, until
-- something else takes it. Unique keys on slug.
with asked as (
    select filed_as('authors', :path_slug) as id
)
select case when x.slug = :path_slug then 200 else 308 end as status,
       case when x.slug <> :path_slug then '/v1/authors/' || x.slug end as location,
       json_build_object('id', x.id, 'slug', x.slug, 'name', x.name, 'bio', x.bio, 'links', x.links, 'image', x.image) as body,
       floor(extract(epoch from x.updated_at))::bigint as last_modified,
       'author:' || x.id || case when x.slug <> :path_slug then ' list:authors' else '' end as keys
  from asked join authors x on x.id = asked.id
