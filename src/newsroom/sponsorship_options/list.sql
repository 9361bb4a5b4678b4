-- list_sponsorship_options: what can be sponsored, in the reader's language, and the form with a token of its own; the text
-- that one agrees to is the newest. Reads all options, which are few; unique key on consent_texts.version.
select json_build_object(
           'language', :language::text,
           'options', (select coalesce(json_agg(json_build_object(
                                  'id', id, 'kind', kind, 'label', label ->> :language, 'description', description ->> :language)
                                  order by position, id), '[]')
                         from sponsorship_options
                        where offered),
           'form', json_build_object('action', '/v1/sponsorship-inquiries', 'method', 'POST',
                                     'fields', sponsorship_fields(:language),
                                     'consent', json_build_object('version', consent.version,
                                                                  'text', consent.text ->> :language)),
           'form_token', :form_token::text) as body
  from (select version, text from consent_texts order by version desc limit 1) consent
