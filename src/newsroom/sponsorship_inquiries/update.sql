-- patch_sponsorship_inquiry: field by field what the patch says or what there was. Where a status may go is the table's own
-- rule.
update sponsorship_inquiries i
   set status = patched(b, 'status', status), due_on = patched(b, 'due_on', due_on::text)::date,
       assignee = case when b -> 'assignee' is null then assignee else inquiry_assignee(i.id, b -> 'assignee') end
  from (select :body::json as b) given
 where id = :id::uuid
