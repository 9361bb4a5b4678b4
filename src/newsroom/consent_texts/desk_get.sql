-- read_consent_text, and what making one answers. Primary key.
select consent_text_document(:id::uuid) as body, version
  from consent_texts
 where id = :id::uuid
