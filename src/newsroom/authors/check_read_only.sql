-- What GET gives, PATCH takes: members that only the server writes are accepted when they say what is stored.
select require_same(:read_only::json, author_document(:id::uuid))
 where :read_only::json is not null
