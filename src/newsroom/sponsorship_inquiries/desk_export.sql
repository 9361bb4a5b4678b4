-- export_sponsorship_inquiries: a page of a CSV file, the first with its head; and a row of the audit for each inquiry in
-- it. Index sponsorship_inquiries_newest.
with page as materialized (
    select *
      from inquiries_page(statuses => :query_status::text[], kinds => :query_kind::text[], of_assignee => :query_assignee::uuid,
                          of_section => :query_section, since => :query_since::timestamptz,
                          before => :query_until::timestamptz, sought => :query_q, after_at => :cursor_1::timestamptz,
                          after_id => :cursor_2::uuid, how_many => :page::integer + 1)
), recorded as materialized (
    select audit_inquiries_read(operation => :operation_id,
                                inquiries => array(select inquiry from page where number <= :page::integer),
                                address => :peer, request_id => :request_id)
)
select case when :cursor_1::text is null
            then U&'\FEFF' || csv_row(array['reference', 'status', 'kind', 'created_at', 'name', 'email', 'company', 'phone',
                                            'budget', 'message', 'article', 'section', 'locale', 'assignee', 'due_on',
                                            'last_contact_at', 'flags'])
            else '' end
       || coalesce(string_agg(csv_row(array[i.reference, i.status, i.kind, rfc3339(i.created_at), i.name, i.email, i.company,
                                            i.phone, i.budget, i.message, i.article_slug,
                                            inquiry_section(i.section_id) ->> 'slug', i.locale,
                                            account_card(i.assignee) ->> 'name', i.due_on::text, rfc3339(i.last_contact_at),
                                            array_to_string(i.flags, ' ')]), '' order by number)
                              filter (where number <= :page::integer), '') as body,
       max(at::text) filter (where number = :page::integer and exists (select from page where number > :page::integer)) as next_1,
       max(inquiry::text) filter (where number = :page::integer) as next_2
  from (select count(*) from recorded) done left join page on true left join sponsorship_inquiries i on i.id = page.inquiry
