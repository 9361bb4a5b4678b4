-- read_section_at_the_desk, and what create_section answers. Primary key.
select json_build_object('id', id, 'version', version, 'slug', slug, 'name', name, 'description', description, 'position', position,
                         'created_at', rfc3339(created_at), 'updated_at', rfc3339(updated_at)) as body,
       version
  from sections
 where id = :id::uuid
