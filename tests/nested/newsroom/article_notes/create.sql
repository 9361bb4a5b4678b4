-- create_article_note.
insert into article_notes (id, article_id, text, created_by) values (:id::uuid, :path_id::uuid, :body::json ->> 'text', caller_id())
