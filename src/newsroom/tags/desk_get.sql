-- read_tag_at_the_desk, and what every change of a tag answers. Primary key.
select tag_document(:id::uuid) as body, version,
       'tag:' || id || ' list:tags list:articles' as keys
  from tags
 where id = :id::uuid
