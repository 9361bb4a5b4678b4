-- duplicate_article: what the working copy says, in a draft of the caller's. Primary keys.
select article_duplicate(:path_id::uuid, :id::uuid)
  from references_lock_shared()
