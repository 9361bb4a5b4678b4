-- Before every change of a tag: its collection's lock, its own, and a refusal of who does not know its version. Primary key.
select lock_version(kind => 'tags', noun => 'tag', thing => :id::uuid, expected => :if_match::integer[])
  from filing_lock_collection('tags')
