-- read_section: a section by its slug, as readers may see it. Unique key on slug.
select json_build_object('id', id, 'slug', slug, 'name', name, 'description', description, 'position', position) as body,
       floor(extract(epoch from updated_at))::bigint as last_modified,
       'section:' || id as keys
  from sections
 where slug = :path_slug
