-- read_article_at_the_desk, and what every change of an article answers. Primary keys.
select json_build_object(
           'id', a.id, 'version', a.version, 'status', a.status,
           'has_changes', article_has_changes(a.id, a.content_id),
           'lang', c.lang, 'slug', c.slug, 'kicker', c.kicker, 'title', c.title,
           'standfirst', c.standfirst, 'teaser', c.teaser,
           case :query_body when 'html' then 'body_html' when 'markdown' then 'body_markdown'
                when 'text' then 'body_text' else 'body' end,
           case :query_body when 'html' then to_json(c.body_html) when 'markdown' then to_json(c.body_markdown || c.body_keys)
                when 'text' then to_json(c.body_text) else c.body end,
           'sections', c.sections, 'tags', c.tags, 'authors', c.authors_with_bios,
           'image', c.image, 'seo', c.seo, 'no_sponsorship', c.no_sponsorship, 'corrections', c.corrections,
           'related', related_cards(c.id), 'unresolved', unresolved_references(c.id),
           'assignee', account_card(a.assignee), 'notes', a.notes,
           'actions', article_actions(a.id, a.status, a.content_id),
           'excerpt', c.excerpt, 'outline', c.outline,
           'word_count', c.word_count, 'reading_minutes', c.reading_minutes,
           'url', article_url(:config_article_url, c.slug),
           'published_at', rfc3339(article_published_at(a.id)),
           'created_at', rfc3339(a.created_at), 'created_by', account_card(a.created_by),
           'updated_at', rfc3339(a.updated_at), 'updated_by', account_card(a.updated_by)) as body,
       a.version,
       'article:' || a.id || ' slug:' || c.slug || ' list:articles' as keys
  from articles a join contents c on c.id = a.content_id
 where a.id = :id::uuid and caller_may_see(a.created_by, a.content_id)
