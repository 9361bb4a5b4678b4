-- change_my_password: the new one, and the end of every other session. Not when the one that was checked is no longer
-- the one that is there.
with changed as (
    update accounts set password_hash = :password_hash where id = caller_id() and password_hash = :checked_hash
    returning id
), forgotten as (
    delete from login_attempts where email_hash = (select email_hash(a.email) from accounts a join changed on changed.id = a.id)
), ended as (
    update sessions set revoked_at = clock_timestamp()
     where account_id = (select id from changed) and id <> caller_session() and revoked_at is null
)
select audit_changed('{password}'), require(exists (select from changed), 'MB409', 'The password was changed by somebody else at this moment.')
