-- Before every change of an article: locks it for the rest of the list, and refuses whoever may not know of it (404),
-- may not change it (403), not now (409), or read an older version (412, naming what happened since). Primary key. What it is
-- filed under is held first: whoever replaces some of that files articles anew.
select article_lock(:id::uuid, :if_match::integer[], :operation_roles::text[])
  from references_lock_shared()
