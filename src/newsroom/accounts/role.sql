-- marbre account role.
update accounts set role = :role, version = version + 1, updated_at = clock_timestamp()
 where email = lower(:email)
returning id
