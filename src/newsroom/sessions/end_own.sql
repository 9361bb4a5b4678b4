-- end_my_session: one of the caller's own. Primary key.
with ended as (
    update sessions set revoked_at = clock_timestamp()
     where id = :id::uuid and account_id = caller_id() and revoked_at is null and expires_at > clock_timestamp()
    returning id
)
select require(exists (select from ended), 'MB404', 'You have no such session, or it has ended.')
