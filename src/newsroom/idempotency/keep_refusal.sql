-- A refusal changed nothing; it is kept so that the same request is answered the same way.
select idempotency_keep(operation_id => :operation_id, given => :idempotency_key, request_hash => :request_hash, made_id => null,
                        answer => json_build_object('status', :refusal_status::integer, 'body', :refusal_body::json))
