-- marbre account role: tokens given for the role before are good no longer; a refresh token gives the next one.
update accounts set role = :role, epoch = epoch + 1, version = version + 1, updated_at = clock_timestamp()
 where email = lower(:email)
returning id
