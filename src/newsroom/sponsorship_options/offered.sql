-- list_sponsorship_options: what can be sponsored, in the reader's language, and the form with a token of its own. Index
-- sponsorship_options_by_position.
select json_build_object(
           'language', :language::text,
           'options', (select coalesce(json_agg(json_build_object(
                                  'id', id, 'kind', kind, 'label', label ->> :language, 'description', description ->> :language)
                                  order by position, id), '[]')
                         from sponsorship_options
                        where offered),
           'form', sponsorship_form(:language),
           'form_token', :form_token::text) as body
