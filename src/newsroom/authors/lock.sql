-- Before every change of an author: its collection's turn, a lock, and a refusal of who does not know its version. Primary key.
select filing_lock('authors', :path_id::uuid, :if_match::integer[])
