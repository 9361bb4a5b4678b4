-- Before every change of an inquiry: a lock, and a refusal of who does not know its version. Primary key.
select lock_version('sponsorship_inquiries', 'inquiry', :path_id::uuid, :if_match::integer[])
