-- create_section, patch_section: what it is to stand below is there, and stays while this has the lock. Keys on slug and id.
select require_reference('sections', :body::json -> 'parent', '/parent')
  from filing_lock_collection('sections')
 where :body::json -> 'parent' is not null
