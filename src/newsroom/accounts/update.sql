-- patch_account: field by field what the patch says or what there was. Another role ends the access tokens that are out.
update accounts
   set email = coalesce(:mailbox, email), name = patched(:body::json, 'name', name),
       role = patched(:body::json, 'role', role)
 where id = :id::uuid
