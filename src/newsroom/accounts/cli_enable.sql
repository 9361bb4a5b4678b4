-- marbre account enable.
update accounts set active = true
 where email = lower(:email)
returning id, audit_command('marbre account enable', id)
