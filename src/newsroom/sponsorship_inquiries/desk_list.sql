-- list_sponsorship_inquiries: newest first, and a row of the audit for each that is shown. Index
-- sponsorship_inquiries_newest.
with page as materialized (
    select *
      from inquiries_page(statuses => :query_status::text[], kinds => :query_kind::text[], of_assignee => :query_assignee::uuid,
                          of_section => :query_section, since => :query_since::timestamptz,
                          before => :query_until::timestamptz, sought => :query_q, after_at => :cursor_1::timestamptz,
                          after_id => :cursor_2::uuid, how_many => :query_limit::integer + 1)
), recorded as materialized (
    select audit_inquiries_read(operation => :operation_id,
                                inquiries => array(select inquiry from page where number <= :query_limit::integer),
                                address => :peer, request_id => :request_id)
)
select coalesce(json_agg(inquiry_card(inquiry) order by number) filter (where number <= :query_limit::integer), '[]') as body,
       max(at::text) filter (where number = :query_limit::integer and exists (select from page where number > :query_limit::integer)) as next_1,
       max(inquiry::text) filter (where number = :query_limit::integer) as next_2
  from (select count(*) from recorded) done left join page on true
