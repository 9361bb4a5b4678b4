-- read_section_at_the_desk, and what every change of a section answers. Primary key.
select section_document(:id::uuid) as body, version,
       'section:' || id || ' list:sections list:articles' as keys
  from sections
 where id = :id::uuid
