-- read_article_version: what the working copy said then. Primary keys.
select '{' || concat_ws(', ', json_members(json_build_object(
           'version', v.version, 'act', v.act, 'note', v.note, 'status', v.status, 'changed', v.changed,
           'account', account_card(v.account_id), 'at', rfc3339(v.at), 'related', related_cards(c.id))),
           json_members(c.card), json_members(c.details), c.body) || '}' as body
  from article_versions v join contents(false, true, :query_body) c on c.id = v.content_id
 where v.article_id = :path_id::uuid and v.version = :path_n::integer
