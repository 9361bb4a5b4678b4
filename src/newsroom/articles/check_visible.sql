-- Before what is about the article of the path, makes a copy or a part of it (then that is the id), or reads what it was: refuses
-- whoever may not know of it (404). Primary key.
select require(exists (select from articles where id = :path_id::uuid and caller_may_see(created_by, content_id)),
               'MB404', 'There is no such article.')
