-- create_api_key: a program's account with the role, and the hash of its key.
with good as materialized (
    select require(coalesce((:body::json ->> 'expires_at')::timestamptz > clock_timestamp(), true), 'MB422',
                   'A key that has expired is good for nothing.', error_at('/expires_at', 'This time is past.'))
), made as (
    insert into accounts (id, kind, name, role)
    select :id::uuid, 'program', b ->> 'name', b ->> 'role' from (select :body::json as b) given
    returning id
)
insert into api_keys (id, hash, hint, expires_at, created_by)
select :id::uuid, :key_hash, left(:key_made, 12), (:body::json ->> 'expires_at')::timestamptz, caller_id()
  from good
