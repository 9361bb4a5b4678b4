-- revoke_api_key: its next call is refused. What it made keeps its name. Primary key.
with locked as materialized (
    select a.id, a.version
      from accounts a join api_keys k on k.id = a.id
     where a.id = :id::uuid and a.active
       for update of a
), revoked as (
    update accounts set active = false where id = (select id from locked)
)
select require(exists (select from locked), 'MB404', 'There is no such API key, or it has been revoked.'),
       require_version(thing_kind => 'api_keys', thing => :id::uuid, now_there => (select version from locked),
                       expected => :if_match::integer[])
