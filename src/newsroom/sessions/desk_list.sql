-- list_my_sessions: those that are open, last seen first. One account has few. Index sessions_of_account.
select json_build_object('data', coalesce(json_agg(json_build_object(
           'id', id, 'current', id = caller_session(), 'created_at', rfc3339(created_at), 'seen_at', rfc3339(seen_at),
           'expires_at', rfc3339(expires_at), 'address', host(address), 'client', agent) order by seen_at desc, id desc), '[]'),
       'next', null) as body
  from sessions
 where account_id = caller_id() and revoked_at is null and expires_at > clock_timestamp()
