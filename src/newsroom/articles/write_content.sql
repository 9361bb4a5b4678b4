-- patch_article, first half: writes the content that the working copy would become, field by field what the patch says or
-- what there was. The next statement decides whether anything differs. Index article_sections_pkey and its like.
select article_content_write(
           article => a.id, was => a.content_id, said => :body::json, default_lang => :config_lang,
           blocks => :content_blocks::json, html => :content_html, plain => :content_text,
           markdown => :content_markdown, keys => :content_keys,
           excerpt => :content_excerpt, outline => :content_outline::json,
           words => :content_words::integer, minutes => :content_minutes::integer)
  from articles a
 where a.id = :id::uuid
