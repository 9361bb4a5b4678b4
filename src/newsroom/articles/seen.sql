-- Before what is about an article and does not change it: refuses whoever may not know of it (404). Primary key.
select require_seen(:path_id::uuid)
