-- create_consent_text: what is shown from now on. Unique key on version.
select consent_text_add(:new_id::uuid, (:body::json ->> 'text')::jsonb)
