-- refresh_session: the old token for the next one. Primary key of refresh_tokens.
select t.traded, t.session, a.id, a.email, a.name, a.role, a.epoch
  from session_refresh(old_hash => :old_hash, new_hash => :refresh_hash, from_address => :peer, request => :request_id) t
  left join accounts a on a.id = t.account
