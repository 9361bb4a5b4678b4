-- Before every change of an option: a lock, and a refusal of who does not know its version. Primary key.
select lock_version(kind => 'sponsorship_options', noun => 'option', thing => :id::uuid,
                    expected => :if_match::integer[])
