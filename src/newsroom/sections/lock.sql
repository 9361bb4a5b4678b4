-- Before every change of a section: its collection's lock, its own, and a refusal of who does not know its version. Primary key.
select lock_version(kind => 'sections', noun => 'section', thing => :id::uuid, expected => :if_match::integer[])
  from filing_lock_collection('sections')
