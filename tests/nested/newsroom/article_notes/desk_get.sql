-- read_article_note, and what every change of a note answers. Primary key.
select json_build_object('id', id, 'article', article_id, 'text', text, 'version', version) as body, version
  from article_notes
 where id = :id::uuid and article_id = :path_id::uuid
