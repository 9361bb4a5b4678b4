-- read_tag: a tag by its slug, as readers may see it. Unique key on slug.
select json_build_object('id', id, 'slug', slug, 'name', name, 'kind', kind) as body,
       floor(extract(epoch from updated_at))::bigint as last_modified,
       'tag:' || id as keys
  from tags
 where slug = :path_slug
