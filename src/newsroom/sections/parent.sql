-- create_section, patch_section: what it is to stand below is there. Keys on slug and id.
select require_reference('sections', :body::json -> 'parent', '/parent')
 where :body::json -> 'parent' is not null
