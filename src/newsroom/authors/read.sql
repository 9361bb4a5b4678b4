-- read_author: a author by its slug, as readers may see it. Unique key on slug.
select json_build_object('id', id, 'slug', slug, 'name', name, 'bio', bio) as body,
       floor(extract(epoch from updated_at))::bigint as last_modified,
       'author:' || id as keys
  from authors
 where slug = :path_slug
