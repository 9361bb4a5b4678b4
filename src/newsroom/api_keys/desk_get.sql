-- read_api_key. Primary key.
select api_key_document(k.id) as body, a.version
  from api_keys k join accounts a on a.id = k.id
 where k.id = :id::uuid
