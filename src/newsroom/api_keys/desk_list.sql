-- list_api_keys: newest first; an id begins with the time at which it was made. Primary key.
with page as (
    select id, row_number() over (order by id desc) as number
      from (select k.id from api_keys k join accounts a on a.id = k.id
             where (:query_active::boolean is null
                    or (a.active and coalesce(k.expires_at > clock_timestamp(), true)) = :query_active::boolean)
               and (:cursor_1::uuid is null or k.id < :cursor_1::uuid)
             order by k.id desc
             limit :query_limit::integer + 1) rows
)
select coalesce(json_agg(api_key_document(id) order by number) filter (where number <= :query_limit::integer), '[]') as body,
       max(id::text) filter (where number = :query_limit::integer
           and exists (select from page where number > :query_limit::integer)) as next_1
  from page
