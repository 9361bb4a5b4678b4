-- marbre account enable.
update accounts set active = true, version = version + 1, updated_at = clock_timestamp()
 where email = lower(:email)
returning id
