-- marbre account role: access tokens of the old role end, sessions go on.
update accounts set role = :role
 where email = lower(:email)
returning id, audit_command('marbre account role', id)
