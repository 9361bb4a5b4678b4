-- read_article_at_the_desk, and what every change of an article answers. Primary keys.
select '{' || concat_ws(', ', json_members(a.state), json_members(a.card), json_members(a.details),
           json_members(json_build_object('related', related_cards(a.content_id),
                                          'unresolved', unresolved_references(a.content_id))), a.body) || '}' as body,
       a.version,
       'article:' || a.id || ' slug:' || a.slug || ' list:articles' as keys
  from working_copies(:config_article_url, true, :query_body) a
 where a.id = :id::uuid and caller_may_see(a.created_by, a.content_id)
