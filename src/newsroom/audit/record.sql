-- Put into every desk operation that changes something, before its last statement: who did what to which thing; without a
-- thing it is about the caller's own session or account. What really changed is told by whoever knows, else it is what was
-- sent.
select audit_write(operation => :operation_id, kind => :audit_kind,
                   things => array[coalesce(:audit_thing::uuid, case :audit_kind when 'sessions' then caller_session()
                                                                                 when 'accounts' then caller_id() end)],
                   fields => coalesce(audit_changes(), :body_fields::text[], '{}'), address => :peer, request_id => :request_id)
