-- marbre account disable: ends every session; enabling the account again brings none of them back.
select id, account_disable(id), audit_command('marbre account disable', id)
  from accounts
 where email = lower(:email)
