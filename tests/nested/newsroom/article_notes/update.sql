-- patch_article_note. Primary key.
with changed as (
    update article_notes set text = patched(:body::json, 'text', text), version = version + 1 where id = :id::uuid
    returning id
)
select audit_changed('{text}') from changed
