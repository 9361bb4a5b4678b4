-- Before every change of an author: its collection's lock, its own, and a refusal of who does not know its version. Primary key.
select lock_version('authors', 'author', :path_id::uuid, :if_match::integer[])
  from filing_lock_collection('authors')
