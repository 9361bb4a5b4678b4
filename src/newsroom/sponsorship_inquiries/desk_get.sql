-- read_sponsorship_inquiry, and what every change of an inquiry answers. Primary key; index sponsorship_events_of_inquiry.
select inquiry_document(:id::uuid) as body, version
  from sponsorship_inquiries
 where id = :id::uuid
