-- What was answered before under this key, unless it is about an article that the caller may no longer know of. Primary
-- key of idempotency_records.
select answer ->> 'status' as status, answer ->> 'body' as body, answer ->> 'version' as version, made
  from idempotency_records
 where caller = idempotency_caller() and operation = :operation_id and key = :idempotency_key
   and (made is null or :audit_kind is distinct from 'articles'
        or exists (select from articles a where a.id = made and caller_may_see(a.created_by, a.content_id)))
