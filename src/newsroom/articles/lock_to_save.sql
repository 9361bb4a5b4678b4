-- Before patch_article: what articles/lock does, unless the save may be put on top of what others saved; what the article
-- is filed under is held first, as there. Primary keys.
select article_lock_to_save(:path_id::uuid, :if_match::integer[], :operation_roles::text[], :prefer, :body_fields::text[])
  from filing_hold()
