-- marbre account password: ends every session, since whoever had the old one may be logged in. An account that was
-- disabled becomes active again only by `marbre account enable`.
with account as (
    update accounts set password_hash = :password_hash, epoch = epoch + 1, version = version + 1, updated_at = clock_timestamp()
     where email = lower(:email)
    returning id
), forgotten as (
    delete from login_attempts where email_hash = email_hash(lower(:email))
), ended as (
    update sessions s set revoked_at = clock_timestamp() from account a where s.account_id = a.id and revoked_at is null
)
select id from account
