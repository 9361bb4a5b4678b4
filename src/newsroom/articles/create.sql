-- create_article: its first content, its references, and the article itself. The slug was claimed before.
insert into articles (id, content_id, assignee, notes, date, created_by, updated_by)
select :id::uuid,
       article_content_write(
           article => :id::uuid, was => null, said => b, default_lang => :config_lang,
           blocks => :content_blocks::json, html => :content_html, plain => :content_text,
           markdown => :content_markdown, keys => :content_keys,
           excerpt => :content_excerpt, outline => :content_outline::json,
           words => :content_words::integer, minutes => :content_minutes::integer),
       resolve_assignee(:id::uuid, b -> 'assignee'), b ->> 'notes',
       date_trunc('milliseconds', (b ->> 'date')::timestamptz), caller_id(), caller_id()
  from (select :body::json as b) given
