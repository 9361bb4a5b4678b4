-- read_article_note, and what every change of a note answers. Primary key.
select article_note_document(id) as body, version
  from article_notes
 where id = :id::uuid and article_id = :path_id::uuid
