-- read_account, and what every change of an account answers. Primary key.
select account_document(:id::uuid) as body, version
  from accounts
 where id = :id::uuid and kind = 'person'
