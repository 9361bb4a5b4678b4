-- list_sections_at_the_desk: by name, those that have a word in it. Index sections_by_name.
with page as (
    select id, name, row_number() over (order by name, id) as number
      from (select id, name from sections
             where filing_found(name, slug, :query_q)
               and (:cursor_1::text is null or (name, id) > (:cursor_1, :cursor_2::uuid))
             order by name, id
             limit :query_limit::integer + 1) rows
)
select coalesce(json_agg(section_document(id) order by number) filter (where number <= :query_limit::integer), '[]') as body,
       max(name) filter (where number = :query_limit::integer and exists (select from page where number > :query_limit::integer)) as next_1,
       max(id::text) filter (where number = :query_limit::integer) as next_2
  from page
