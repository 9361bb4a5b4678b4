-- create_consent_text: what is shown from now on. Unique key on version.
insert into consent_texts (id, version, text, created_by)
select :id::uuid, max(version) + 1, (:body::json ->> 'text')::jsonb, caller_id() from consent_texts
