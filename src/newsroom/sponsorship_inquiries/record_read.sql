-- read_sponsorship_inquiry: each look at personal data is in the audit. Primary key.
select audit_inquiries_read(operation => :operation_id, inquiries => array[:id::uuid], address => :peer,
                            request_id => :request_id)
