-- list_sponsorship_options_at_the_desk: in the order of the form. Index sponsorship_options_by_position.
with page as (
    select id, position, row_number() over (order by position, id) as number
      from (select id, position from sponsorship_options
             where (:query_offered::boolean is null or offered = :query_offered::boolean)
               and (:cursor_1::integer is null or (position, id) > (:cursor_1::integer, :cursor_2::uuid))
             order by position, id
             limit :query_limit::integer + 1) rows
)
select coalesce(json_agg(sponsorship_option_document(id) order by number) filter (where number <= :query_limit::integer), '[]') as body,
       max(position) filter (where number = :query_limit::integer and exists (select from page where number > :query_limit::integer)) as next_1,
       max(id::text) filter (where number = :query_limit::integer) as next_2
  from page
