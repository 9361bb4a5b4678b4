-- patch_article_note. Primary key.
update article_notes set text = patched(:body::json, 'text', text) where id = :id::uuid
