-- export_sponsorship_inquiries: a page of a CSV file, the first with its head; and a row of the audit for each inquiry in
-- it. Index sponsorship_inquiries_newest.
with page as materialized (
    select * from inquiries_page(:query_status::text[], :query_kind::text[], :query_assignee::uuid, :query_section,
                                 :query_since::timestamptz, :query_until::timestamptz, :query_q, :cursor_1::timestamptz,
                                 :cursor_2::uuid, :page::integer + 1)
), looked as materialized (
    select audit_look(:operation_id, array(select inquiry from page where number <= :page::integer), :peer, :request_id)
)
select case when :cursor_1::text is null then inquiry_csv_head() else '' end
       || coalesce(string_agg(inquiry_csv(inquiry), '' order by number) filter (where number <= :page::integer), '') as body,
       max(at::text) filter (where number = :page::integer and exists (select from page where number > :page::integer)) as next_1,
       max(inquiry::text) filter (where number = :page::integer) as next_2
  from (select count(*) from looked) done left join page on true
