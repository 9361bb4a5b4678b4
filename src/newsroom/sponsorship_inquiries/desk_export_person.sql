-- export_sponsorship_inquiries_of_person: all that is known of one, and that it was looked at. Index
-- sponsorship_inquiries_of_mailbox.
with theirs as materialized (
    select inquiries_of(:mailbox) as inquiries
), recorded as materialized (
    select audit_inquiries_read(operation => :operation_id, inquiries => inquiries, address => :peer,
                                request_id => :request_id)
      from theirs
)
select json_build_object('email', :mailbox::text,
                         'inquiries', (select coalesce(json_agg(inquiry_document(inquiry) order by number), '[]')
                                         from unnest(inquiries) with ordinality u (inquiry, number))) as body
  from theirs cross join (select count(*) from recorded) done
