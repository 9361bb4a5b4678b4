-- What was answered before under this key. Primary key of kept_answers.
select answer ->> 'status' as status, answer ->> 'body' as body, answer ->> 'version' as version, made
  from kept_answers
 where caller = idempotency_caller() and operation = :operation_id and key = :idempotency_key
