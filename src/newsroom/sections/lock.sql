-- Before every change of a section: its collection's turn, a lock, and a refusal of who does not know its version. Primary key.
select filing_lock('sections', :path_id::uuid, :if_match::integer[])
