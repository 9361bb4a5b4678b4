-- count_sponsorship_inquiries: what was erased is counted as well. Index sponsorship_inquiries_newest.
select inquiry_counts(:query_since::timestamptz, :query_until::timestamptz) as body
