-- Put into every desk operation that changes something, before its last statement: who did what to which thing.
select audit_record(:operation_id, :audit_kind, :audit_thing::uuid, :body_fields::text[], :peer, :request_id)
