-- marbre account password: ends every session, since whoever had the old one may be logged in. An account that was
-- disabled becomes active again only by `marbre account enable`.
select id, account_set_password(id, :password_hash), audit_command('marbre account password', id)
  from accounts
 where email = lower(:email)
