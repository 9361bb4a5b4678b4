-- Before every change of an inquiry: a lock, and a refusal of who does not know its version. Primary key.
select lock_version(kind => 'sponsorship_inquiries', noun => 'inquiry', thing => :id::uuid,
                    expected => :if_match::integer[])
