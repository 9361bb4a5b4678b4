-- Before patch_article: what articles/lock does, unless the save may be put on top of what others saved; what the article
-- is filed under is held first, as there. Primary keys.
select article_lock_to_save(article => :id::uuid, expected => :if_match::integer[], roles => :operation_roles::text[],
                            prefer => :prefer, fields => :body_fields::text[])
  from references_lock_shared()
