-- read_tag_at_the_desk, and what create_tag answers. Primary key.
select json_build_object('id', id, 'version', version, 'slug', slug, 'name', name, 'kind', kind,
                         'created_at', rfc3339(created_at), 'updated_at', rfc3339(updated_at)) as body,
       version
  from tags
 where id = :id::uuid
