-- patch_article, second half: the newest content becomes the working copy when it differs from it. An approval was of
-- the content that was there, so a save of an approved article returns it to draft.
update articles a
   set content_id = newest.id, act = 'save', note = null, status = case a.status when 'approved' then 'draft' else a.status end
  from (select max(id) as id from article_contents where article_id = :path_id::uuid) newest
 where a.id = :path_id::uuid
   and content_changes(a.content_id, newest.id) <> '{}'
