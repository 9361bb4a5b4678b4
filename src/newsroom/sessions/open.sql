-- log_in, after a password that fits: a session of 30 days, and its first refresh token.
with account as (
    update accounts set failed_logins = 0, failed_at = null where id = :account_id::uuid and active returning id
), session as (
    insert into sessions (id, account_id, expires_at)
    select :session_id::uuid, id, clock_timestamp() + interval '30 days' from account
    returning id
), token as (
    insert into refresh_tokens (hash, session_id) select :refresh_hash, id from session
)
select id from session
