-- What GET gives, PATCH takes: members that only the server writes are accepted when they say what is stored. What may be
-- done and what is not public yet depend on the caller and the moment, so whatever was read of them is taken.
select require_same(:read_only::json, (
    select json_build_object('id', a.id, 'version', a.version, 'status', a.status,
                             'created_at', rfc3339(a.created_at), 'updated_at', rfc3339(a.updated_at),
                             'excerpt', c.excerpt, 'outline', c.outline, 'word_count', c.word_count, 'reading_minutes', c.reading_minutes,
                             'has_changes', article_has_changes(a.id, a.content_id),
                             'published_at', rfc3339(article_published_at(a.id)),
                             'url', article_url(:config_article_url, c.slug), 'corrections', c.corrections,
                             'created_by', account_card(a.created_by), 'updated_by', account_card(a.updated_by),
                             'unresolved', :read_only::json -> 'unresolved', 'actions', :read_only::json -> 'actions')
      from articles a join article_contents c on c.id = a.content_id
     where a.id = :path_id::uuid and :read_only::json is not null))
