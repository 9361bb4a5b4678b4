-- read_tag: a tag by its slug, as readers may see it. An older slug answers with the present address, until
-- something else takes it. Unique keys on slug.
with asked as (
    select filed_as('tags', :path_slug) as id
)
select case when x.slug = :path_slug then 200 else 308 end as status,
       case when x.slug <> :path_slug then '/v1/tags/' || x.slug end as location,
       json_build_object('id', x.id, 'slug', x.slug, 'name', x.name, 'kind', x.kind) as body,
       floor(extract(epoch from x.updated_at))::bigint as last_modified,
       'tag:' || x.id || case when x.slug <> :path_slug then ' list:tags' else '' end as keys
  from asked join tags x on x.id = asked.id
