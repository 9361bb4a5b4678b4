-- Before what is about an article and does not change it: refuses whoever may not know of it (404). Primary key.
select require(exists (select from articles where id = :path_id::uuid and caller_may_see(created_by, content_id)),
               'MB404', 'There is no such article.')
