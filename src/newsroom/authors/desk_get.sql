-- read_author_at_the_desk, and what every change of an author answers. Primary key.
select author_document(:id::uuid) as body, version,
       'author:' || id || ' list:authors list:articles' as keys
  from authors
 where id = :id::uuid
