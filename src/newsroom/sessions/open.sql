-- log_in, after a password that fits: a session of 30 days, and its first refresh token. The address's tries are
-- forgotten, and with them those of strangers that nobody came back to. A hash of another cost than is configured now is
-- replaced by one of that.
with account as (
    select id, email from accounts
     where id = :account_id::uuid and active and epoch = :account_epoch::integer
       and password_hash = :checked_hash -- the password is still the one that was checked
     for no key update
), session as (
    insert into sessions (id, account_id, expires_at, address, agent)
    select :session_id::uuid, id, clock_timestamp() + interval '30 days', nullif(:peer, '')::inet, left(:user_agent, 300)
      from account
    returning id, account_id
), token as (
    insert into refresh_tokens (hash, session_id) select :refresh_hash, id from session
), rehashed as (
    update accounts a set password_hash = :rehashed::text
      from account
     where a.id = account.id and :rehashed::text is not null
), forgotten as (
    delete from login_attempts
     where email_hash = (select email_hash(email) from account) or last_at < clock_timestamp() - interval '1 day'
), noted as (
    insert into audit (operation, kind, thing, account_id, session_id, address, request_id)
    select 'log_in', 'sessions', id, account_id, id, nullif(:peer, '')::inet, :request_id from session
)
select id from session
