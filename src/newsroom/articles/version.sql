-- read_article_version: what the working copy said then. Primary keys.
select json_build_object(
           'version', v.version, 'act', v.act, 'note', v.note, 'status', v.status, 'changed', v.changed,
           'account', account_card(v.account_id), 'at', rfc3339(v.at),
           'lang', c.lang, 'slug', c.slug, 'kicker', c.kicker, 'title', c.title,
           'standfirst', c.standfirst, 'teaser', c.teaser,
           case :query_body when 'html' then 'body_html' when 'markdown' then 'body_markdown'
                when 'text' then 'body_text' else 'body' end,
           case :query_body when 'html' then to_json(c.body_html) when 'markdown' then to_json(c.body_markdown || c.body_keys)
                when 'text' then to_json(c.body_text) else c.body end,
           'sections', c.sections, 'tags', c.tags, 'authors', c.authors_with_bios,
           'image', c.image, 'seo', c.seo, 'no_sponsorship', c.no_sponsorship, 'corrections', c.corrections,
           'related', related_cards(c.id),
           'word_count', c.word_count, 'reading_minutes', c.reading_minutes) as body
  from article_versions v join contents c on c.id = v.content_id
 where v.article_id = :path_id::uuid and v.version = :path_n::integer
