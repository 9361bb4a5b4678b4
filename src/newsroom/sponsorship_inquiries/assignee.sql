-- patch_sponsorship_inquiry: it is given to somebody who looks after inquiries, or to nobody. Primary key.
select inquiry_require_assignee(:path_id::uuid, :body::json -> 'assignee')
 where :body::json -> 'assignee' is not null
