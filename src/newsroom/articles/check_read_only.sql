-- What GET gives, PATCH takes: members that only the server writes are accepted when they say what is stored. What may be
-- done and what is not public yet depend on the caller and the moment, so whatever was read of them is taken.
select require_same((:read_only::jsonb - 'unresolved' - 'actions' - 'losses')::json, article_document(:id::uuid, :config_article_url))
 where :read_only::json is not null
