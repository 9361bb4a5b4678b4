-- delete_article_note. Primary key.
delete from article_notes where id = :id::uuid
