-- end_my_other_sessions. Index sessions_of_account.
update sessions set revoked_at = clock_timestamp()
 where account_id = caller_id() and id <> caller_session() and revoked_at is null
