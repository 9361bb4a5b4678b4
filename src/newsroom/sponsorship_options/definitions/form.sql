-- The form that a site draws for readers: its fields, and every word that stands on it, in French and in English. What each
-- field takes is decided by the contract; a test compares.

-- What can be sponsored, in the form's order.
create function sponsorship_kinds(language text) returns table (value text, label text) language sql stable as $$
    select v.value, in_language(language, v.fr, v.en)
      from (values ('article', 'Un article', 'An article'),
                   ('section', 'Une rubrique', 'A section'),
                   ('newsletter', 'Une lettre', 'A newsletter'),
                   ('event', 'Un événement', 'An event'),
                   ('other', 'Autre chose', 'Something else')) v (value, fr, en)
$$;

-- The fields. A function, so that all words of the form stand in this file.
create function sponsorship_fields(language text) returns json language sql stable as $$
    select json_agg(json_build_object(
               'name', f.name, 'type', f.type, 'label', in_language(language, f.fr, f.en), 'required', f.required,
               'max_length', f.max_length, 'autocomplete', f.autocomplete, 'trap', f.name = 'website',
               'choices', case f.name when 'kind' then (select json_agg(json_build_object('value', value, 'label', label))
                                                          from sponsorship_kinds(language)) end)
               order by f.number)
      from (values (1, 'name', 'text', true, 120, 'name', 'Votre nom', 'Your name'),
                   (2, 'email', 'email', true, 254, 'email', 'Votre adresse e-mail', 'Your e-mail address'),
                   (3, 'company', 'text', false, 120, 'organization', 'Votre entreprise', 'Your company'),
                   (4, 'phone', 'tel', false, 40, 'tel', 'Votre téléphone', 'Your telephone'),
                   (5, 'kind', 'select', true, null, null, 'Ce que vous aimeriez parrainer', 'What you would like to sponsor'),
                   (6, 'budget', 'text', false, 100, 'off', 'Votre budget', 'Your budget'),
                   (7, 'message', 'textarea', true, 5000, 'off', 'Votre message', 'Your message'),
                   (8, 'article', 'hidden', false, 120, null, 'L’article d’où vous venez', 'The article that you come from'),
                   (9, 'section', 'hidden', false, 120, null, 'La rubrique d’où vous venez', 'The section that you come from'),
                   (10, 'locale', 'hidden', false, null, null, 'La langue de cette page', 'The language of this page'),
                   (11, 'consent', 'checkbox', true, null, null, 'J’accepte', 'I agree'),
                   (12, 'form_token', 'hidden', true, null, null, 'Le jeton', 'The token'),
                   (13, 'website', 'text', false, 2000, 'off', 'Ne remplissez pas ce champ', 'Leave this field empty'))
           f (number, name, type, required, max_length, autocomplete, fr, en)
$$;
