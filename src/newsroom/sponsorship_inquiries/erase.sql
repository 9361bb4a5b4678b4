-- erase_sponsorship_inquiries: all that a person has sent. Index sponsorship_inquiries_of_mailbox.
select json_build_object('erased', inquiries_erase(inquiries_of(:mailbox), :operation_id, :peer, :request_id)) as body
