-- marbre account disable: ends every session; enabling the account again brings none of them back.
with account as (
    update accounts set active = false, epoch = epoch + 1, version = version + 1, updated_at = clock_timestamp()
     where email = lower(:email)
    returning id
), ended as (
    update sessions s set revoked_at = clock_timestamp() from account a where s.account_id = a.id and revoked_at is null
)
select id from account
