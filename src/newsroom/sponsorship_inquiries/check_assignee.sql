-- patch_sponsorship_inquiry: it is given to somebody who looks after inquiries, or to nobody. Primary key.
select require(json_typeof(asked) = 'null' or inquiry_assignee(:id::uuid, asked) is not null, 'MB422', fault,
               error_at('/assignee', fault))
  from (select :body::json -> 'assignee' as asked) given,
       format('There is nobody %s who looks after inquiries.', to_json(reference_word(asked))) fault
 where asked is not null
