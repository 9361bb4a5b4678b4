-- Put before the statements of an operation that takes an Idempotency-Key, behind auth/enter.
select idempotency_begin(:operation_id, :idempotency_key, :request_hash)
