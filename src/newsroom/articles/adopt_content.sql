-- patch_article, second half: the newest content becomes the working copy when it differs from it. An approval was of
-- the content that was there, so a save of an approved article returns it to draft; who sees to it and what was noted
-- beside it are no content.
update articles a
   set content_id = case when differs then newest.id else a.content_id end,
       assignee = becomes.assignee, notes = becomes.notes, date = becomes.date, act = 'save', note = null,
       status = case when differs and a.status = 'approved' then 'draft' else a.status end
  from (select max(id) as id from article_contents where article_id = :id::uuid) newest,
       articles was,
       lateral (select content_changes(was.content_id, newest.id) <> '{}' as differs offset 0) compared, -- once
       lateral (select case when :body::json -> 'assignee' is null then was.assignee
                            else resolve_assignee(was.id, :body::json -> 'assignee') end as assignee,
                       patched(:body::json, 'notes', was.notes) as notes,
                       case when :body::json -> 'date' is null or article_was_public(was.id) then was.date
                            else date_trunc('milliseconds', (:body::json ->> 'date')::timestamptz) end as date) becomes
 where a.id = :id::uuid and was.id = a.id
   and (differs or becomes.assignee is distinct from a.assignee or becomes.notes is distinct from a.notes
        or becomes.date is distinct from a.date)
