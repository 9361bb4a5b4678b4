-- Before every change of an option: a lock, and a refusal of who does not know its version. Primary key.
select lock_version('sponsorship_options', 'option', :path_id::uuid, :if_match::integer[])
