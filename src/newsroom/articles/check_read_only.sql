-- What GET gives, PATCH takes: members that only the server writes are accepted when they say what is stored. What may be
-- done and what is not public yet depend on the caller and the moment, so whatever was read of them is taken.
select require_same((:read_only::jsonb - 'unresolved' - 'actions')::json,
                    ('{' || concat_ws(', ', json_members(a.state), json_members(a.card), json_members(a.details)) || '}')::json)
  from working_copies(:config_article_url, false, null) a
 where a.id = :path_id::uuid and :read_only::json is not null
