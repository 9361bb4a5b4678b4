-- Before every change of an author: its collection's lock, its own, and a refusal of who does not know its version. Primary key.
select lock_version(kind => 'authors', noun => 'author', thing => :id::uuid, expected => :if_match::integer[])
  from filing_lock_collection('authors')
