-- add_sponsorship_note. Primary key.
select inquiry_note(:path_id::uuid, :body::json ->> 'note')
