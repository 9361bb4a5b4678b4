-- read_sponsorship_inquiry: each look at personal data is in the audit. Primary key.
select audit_inquiries_read(:operation_id, array[:path_id::uuid], :peer, :request_id)
