-- What was answered before under this key, unless it is about a thing that the caller may no longer know of. Primary
-- key of kept_answers.
select answer ->> 'status' as status, answer ->> 'body' as body, answer ->> 'version' as version, made
  from kept_answers
 where caller = idempotency_caller() and operation = :operation_id and key = :idempotency_key
   and (made is null or caller_may_know(:audit_kind, made))
