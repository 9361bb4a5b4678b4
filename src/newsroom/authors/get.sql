-- read_author_at_the_desk, and what create_author answers. Primary key.
select json_build_object('id', id, 'version', version, 'slug', slug, 'name', name, 'bio', bio,
                         'created_at', rfc3339(created_at), 'updated_at', rfc3339(updated_at)) as body,
       version
  from authors
 where id = :id::uuid
