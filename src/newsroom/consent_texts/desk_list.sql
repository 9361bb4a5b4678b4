-- list_consent_texts: the newest first. Unique key on version.
with page as (
    select id, version, row_number() over (order by version desc) as number
      from (select id, version from consent_texts
             where :cursor_1::integer is null or version < :cursor_1::integer
             order by version desc
             limit :query_limit::integer + 1) rows
)
select coalesce(json_agg(consent_text_document(id) order by number) filter (where number <= :query_limit::integer), '[]') as body,
       max(version) filter (where number = :query_limit::integer and exists (select from page where number > :query_limit::integer)) as next_1
  from page
