-- log_in, after a password that fits: a session of 30 days, and its first refresh token. The address's tries are
-- forgotten, and with them those of strangers that nobody came back to.
with account as (
    select id, email from accounts
     where id = :account_id::uuid and active and epoch = :account_epoch::integer -- the password is still the one that was checked
     for share
), session as (
    insert into sessions (id, account_id, expires_at)
    select :session_id::uuid, id, clock_timestamp() + interval '30 days' from account
    returning id
), token as (
    insert into refresh_tokens (hash, session_id) select :refresh_hash, id from session
), forgotten as (
    delete from login_attempts
     where email_hash = (select email_hash(email) from account) or last_at < clock_timestamp() - interval '1 day'
)
select id from session
