-- list_audit: newest first. Indexes audit_newest, audit_of_thing, audit_of_account.
with page as (
    select a.*, row_number() over (order by at desc, id desc) as number
      from (select * from audit
             where (:query_operation::text is null or operation = :query_operation)
               and (:query_kind::text is null or kind = :query_kind)
               and (:query_thing::uuid is null or thing = :query_thing::uuid)
               and (:query_account::uuid is null or account_id = :query_account::uuid)
               and (:query_since::timestamptz is null or at >= :query_since::timestamptz)
               and (:query_until::timestamptz is null or at < :query_until::timestamptz)
               and (:cursor_1::timestamptz is null or (at, id) < (:cursor_1::timestamptz, :cursor_2::bigint))
             order by at desc, id desc
             limit :query_limit::integer + 1) a
)
select coalesce(json_agg(json_build_object(
           'id', id, 'at', rfc3339(at), 'operation', operation, 'kind', kind, 'thing', thing, 'version', version,
           'fields', fields, 'account', account_card(account_id), 'session', session_id, 'key', key_id,
           'address', host(address), 'request_id', request_id, 'subject', subject) order by number)
           filter (where number <= :query_limit::integer), '[]') as body,
       max(at::text) filter (where number = :query_limit::integer
           and exists (select from page where number > :query_limit::integer)) as next_1,
       max(id) filter (where number = :query_limit::integer) as next_2
  from page
