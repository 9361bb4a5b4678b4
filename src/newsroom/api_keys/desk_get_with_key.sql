-- create_api_key, the end: the key itself, which nobody is told again. Primary key.
select json_build_object('api_key', api_key_document(k.id), 'key', :key_made::text) as body, a.version
  from api_keys k join accounts a on a.id = k.id
 where k.id = :id::uuid
