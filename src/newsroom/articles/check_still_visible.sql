-- patch_article, before the answer: an editor of some sections does not file a story out of their own sight by mistake.
-- Primary key.
select require(exists (select from articles where id = :id::uuid and caller_may_see(created_by, content_id)),
               'MB403', 'Filed so it would be in none of your sections: a chief may do this.')
