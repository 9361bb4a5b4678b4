-- create_account and reset_password: the account, and the password where the server made it; nobody is told it again.
-- Primary key.
select json_build_object('account', account_document(:id::uuid), 'password', :password_made::text) as body, version
  from accounts
 where id = :id::uuid and kind = 'person'
