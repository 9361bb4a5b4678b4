-- A refusal changed nothing; it is kept so that the same request is answered the same way.
select idempotency_keep(:operation_id, :idempotency_key, :request_hash, null,
                        json_build_object('status', :refusal_status::integer, 'body', :refusal_body::json))
