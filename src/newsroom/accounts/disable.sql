-- marbre account disable: its tokens and sessions end at their next call.
update accounts set active = false, epoch = epoch + 1, version = version + 1, updated_at = clock_timestamp()
 where email = lower(:email)
returning id
