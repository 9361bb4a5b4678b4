-- log_out: the session of this very token.
update sessions set revoked_at = clock_timestamp() where id = caller_session() and revoked_at is null
