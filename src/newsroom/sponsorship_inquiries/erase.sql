-- erase_sponsorship_inquiries: all that a person has sent. Index sponsorship_inquiries_of_mailbox.
select json_build_object('erased', inquiries_erase(inquiries => inquiries_of(:mailbox), operation => :operation_id,
                                                   from_address => :peer, request => :request_id)) as body
