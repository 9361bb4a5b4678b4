-- Before every change of a tag: its collection's turn, a lock, and a refusal of who does not know its version. Primary key.
select filing_lock('tags', :path_id::uuid, :if_match::integer[])
