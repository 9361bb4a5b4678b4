-- create_account, patch_account: the sections that an editor edits, where the body names them.
select account_set_sections(:id::uuid, :body::json -> 'sections')
  from references_lock_shared()
