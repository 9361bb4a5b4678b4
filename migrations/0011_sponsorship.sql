-- Sponsorship: what can be sponsored, inquiries from the line under a story to the sales desk, what a person may ask to
-- have erased; and the jobs that erase what is too old.

-- What a reader is told, in the language that was agreed on.
create function in_language(language text, french text, english text) returns text
language sql immutable parallel safe as $$
    select case language when 'fr' then french else english end
$$;

-- ------------------------------------------------------------------------------------- what can be sponsored

create domain two_languages as jsonb
    check (value ->> 'fr' ~ '\S' and value ->> 'en' ~ '\S' and value - '{fr,en}'::text[] = '{}');

create table sponsorship_options (
    id          uuid primary key,
    version     integer not null default 1,
    kind        text not null check (kind in ('article', 'section', 'newsletter', 'event', 'other')),
    label       two_languages not null,
    description two_languages,
    position    integer not null default 0,
    offered     boolean not null default true,
    created_at  timestamptz not null default clock_timestamp(),
    updated_at  timestamptz not null default clock_timestamp()
);
create index sponsorship_options_by_position on sponsorship_options (position, id);
create trigger sponsorship_options_next_version before update on sponsorship_options
    for each row execute function filing_next_version();

-- A text in both languages as a merge patch makes it.
create function patched_languages(patch json, was jsonb) returns jsonb language sql immutable as $$
    select case when patch is null then was
                when json_typeof(patch) = 'object' then coalesce(was, '{}') || patch::jsonb end
$$;

create function sponsorship_option_document(option uuid) returns json language sql stable as $$
    select json_build_object('id', id, 'version', version, 'kind', kind, 'label', label, 'description', description,
                             'position', position, 'offered', offered,
                             'created_at', rfc3339(created_at), 'updated_at', rfc3339(updated_at))
      from sponsorship_options
     where id = option
$$;

-- Locks something of the sales desk for a change, and refuses who does not know its version. `noun`: what it is called.
create function sponsorship_lock(kind text, noun text, thing uuid, expected integer[]) returns void language plpgsql as $$
declare
    now_there integer;
begin
    execute format('select version from %I where id = $1 for update', kind) into now_there using thing;
    if now_there is null then
        perform refuse('MB404', format('There is no such %s.', noun));
    end if;
    perform require_version(kind, thing, now_there, expected);
    perform audit_changed('{}');
end $$;

-- What a person agrees to by sending the form, in each of its versions. Which of them somebody agreed to is kept with
-- what they sent, so none is ever changed.
create table consent_texts (
    id         uuid primary key,
    version    integer not null unique,
    text       two_languages not null,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid references accounts
);
select withhold('update, delete', 'consent_texts');

insert into consent_texts (id, version, text) values ('01890000-0000-7000-8000-00000000c001', 1, '{
    "fr": "J’accepte que la rédaction conserve ces informations pour répondre à ma demande. Elles sont effacées dix-huit mois après notre dernier échange, ou plus tôt si je le demande.",
    "en": "I agree that the publication keeps these details to answer my inquiry. They are erased eighteen months after our last exchange, or earlier if I ask for it."}');

create function consent_text_document(consent uuid) returns json language sql stable as $$
    select json_build_object('id', id, 'version', version, 'text', text, 'created_at', rfc3339(created_at),
                             'created_by', account_card(created_by))
      from consent_texts
     where id = consent
$$;

create function consent_text_add(new_id uuid, wording jsonb) returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('marbre.consent_texts', 0)); -- versions count without gaps
    insert into consent_texts (id, version, text, created_by)
    select new_id, max(version) + 1, wording, caller_id() from consent_texts;
end $$;

-- ------------------------------------------------------------------------------------------------ the form

-- The labels of the form's kinds, in their order.
create function sponsorship_kinds(language text) returns table (value text, label text) language sql immutable as $$
    select v.value, in_language(language, v.fr, v.en)
      from (values ('article', 'Un article', 'An article'),
                   ('section', 'Une rubrique', 'A section'),
                   ('newsletter', 'Une lettre', 'A newsletter'),
                   ('event', 'Un événement', 'An event'),
                   ('other', 'Autre chose', 'Something else')) v (value, fr, en)
$$;

-- The fields of the form as a site needs them to draw it. What each takes is decided by the contract; a test compares.
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

create function sponsorship_form(language text) returns json language sql stable as $$
    select json_build_object('action', '/v1/sponsorship-inquiries', 'method', 'POST',
                             'fields', sponsorship_fields(language),
                             'consent', json_build_object('version', version, 'text', text ->> language))
      from consent_texts
     order by version desc
     limit 1
$$;

-- Form tokens that were used, until nobody could use them any more.
create table used_form_tokens (
    nonce      text primary key,
    expires_at timestamptz not null
);
create index used_form_tokens_by_expiry on used_form_tokens (expires_at);

-- --------------------------------------------------------------------------------------------- inquiries

-- What is known of a person goes on erasure, all of it; what can be counted stays. Nothing here refers to an article or
-- a section by a key: an inquiry neither keeps them from going nor waits for who files them.
create table sponsorship_inquiries (
    id              uuid primary key,
    version         integer not null default 1,
    reference       text not null unique,
    status          text not null check (status in ('new', 'contacted', 'qualified', 'won', 'lost', 'spam')),
    kind            text not null check (kind in ('article', 'section', 'newsletter', 'event', 'other')),
    name            text check (name !~ '[\r\n]'),
    email           text, -- as it was written
    mailbox         text, -- in one spelling
    mailbox_hash    text, -- keyed
    company         text check (company !~ '[\r\n]'),
    phone           text,
    budget          text,
    message         text,
    network_hash    text, -- keyed; of the address that it came from, of IPv6 its /64
    locale          text not null,
    consent_version integer not null references consent_texts (version),
    article_id      uuid,
    article_slug    text, -- as readers saw them
    article_title   text,
    section_id      uuid,
    flags           text[] not null default '{}', -- why it may be spam
    assignee        uuid references accounts,
    due_on          date,
    created_at      timestamptz not null default clock_timestamp(),
    updated_at      timestamptz not null default clock_timestamp(),
    last_contact_at timestamptz not null default clock_timestamp(),
    erased_at       timestamptz,
    constraint sponsorship_inquiries_erased check (
        case when erased_at is null then num_nulls(name, email, mailbox, message) = 0
             else num_nonnulls(name, email, mailbox, mailbox_hash, company, phone, budget, message, network_hash) = 0 end)
);
create index sponsorship_inquiries_newest on sponsorship_inquiries (created_at desc, id desc);
create index sponsorship_inquiries_of_mailbox on sponsorship_inquiries (mailbox, created_at) where mailbox is not null;
create index sponsorship_inquiries_of_text on sponsorship_inquiries (hashtextextended(message, 0)) where message is not null;
create index sponsorship_inquiries_of_network on sponsorship_inquiries (network_hash, created_at) where network_hash is not null;
create index sponsorship_inquiries_of_consent on sponsorship_inquiries (consent_version);
create index sponsorship_inquiries_by_contact on sponsorship_inquiries (last_contact_at) where erased_at is null;

-- What happened to an inquiry. Notes are about a person, so they go with the rest.
create table sponsorship_events (
    id         bigint generated always as identity primary key,
    inquiry_id uuid not null references sponsorship_inquiries,
    at         timestamptz not null default clock_timestamp(),
    act        text not null check (act in ('received', 'changed', 'noted', 'erased')),
    status     text not null,
    fields     text[] not null default '{}',
    note       text,
    account_id uuid references accounts
);
create index sponsorship_events_of_inquiry on sponsorship_events (inquiry_id, id);

-- Of the audit of an erasure: who it was about, as a keyed hash, so that it can be shown later that it was done.
alter table audit add column subject text;

-- `S-` and ten characters that nobody mistakes for others: fifty bits.
create function inquiry_reference() returns text language sql volatile as $$
    select 'S-' || string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 1 + get_byte(bytes, n) % 32, 1)
                              || case n when 4 then '-' else '' end, '' order by n)
      from (select uuid_send(gen_random_uuid()) as bytes) random,
           unnest(array[0, 1, 2, 3, 4, 9, 10, 11, 12, 13]) n
$$;

-- Where a status may go from another one.
create function inquiry_steps(from_status text) returns text[] language sql immutable as $$
    select case from_status when 'new' then array['contacted', 'lost', 'spam']
                            when 'contacted' then array['qualified', 'won', 'lost', 'spam']
                            when 'qualified' then array['won', 'lost', 'spam']
                            when 'won' then array['qualified']
                            when 'lost' then array['contacted']
                            when 'spam' then array['new'] end
$$;

-- A version and an event for each change, whoever makes it; a status goes only where it may.
create function inquiry_changes() returns trigger language plpgsql as $$
declare
    changed text[] := array_remove(array[case when new.status <> old.status then 'status' end,
                                         case when new.assignee is distinct from old.assignee then 'assignee' end,
                                         case when new.due_on is distinct from old.due_on then 'due_on' end], null);
    erased boolean := new.erased_at is not null and old.erased_at is null;
begin
    if old.erased_at is not null then
        perform refuse('MB409', 'Its personal data has been erased: there is nothing left to work on.');
    end if;
    if new.status <> old.status and new.status <> all (inquiry_steps(old.status)) then
        perform refuse('MB409', format('The inquiry is %s; it goes from there to %s.', old.status,
                                       array_to_string(inquiry_steps(old.status), ' or ')),
                       json_build_object('status_now', old.status));
    end if;
    if changed = '{}' and not erased and new.version = old.version then
        return new; -- a hash that is forgotten is no change that anybody sees
    end if;
    if new.status <> old.status and new.status <> 'spam' and old.status <> 'spam' then
        new.last_contact_at := clock_timestamp();
    end if;
    new.version := old.version + 1;
    new.updated_at := greatest(clock_timestamp(), old.updated_at + interval '1 microsecond');
    perform audit_changed(changed);
    if changed <> '{}' or erased then
        insert into sponsorship_events (inquiry_id, act, status, fields, account_id)
        values (new.id, case when erased then 'erased' else 'changed' end, new.status, changed, caller_id());
    end if;
    return new;
end $$;

create trigger inquiry_changes before update on sponsorship_inquiries for each row execute function inquiry_changes();

-- An article that readers see now, by its slug or id, with the section that it is first filed under.
create function inquiry_article(word text, out id uuid, out slug text, out title text, out section uuid)
language plpgsql stable as $$
begin
    select p.article_id, c.slug, c.title,
           (select s.section_id from article_sections s where s.content_id = c.id order by s.position limit 1)
      into id, slug, title, section
      from publications p
      join article_contents c on c.id = p.content_id
     where p.article_id = coalesce((select a.article_id from article_slugs a where a.slug = word),
                                   case when word ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then word::uuid end)
       and not p.past and p.during @> clock_timestamp();
end $$;

-- So many in so many seconds, as the configuration writes it: `5/86400`. Of 0 there is no limit.
create function limit_reached(rate text, happened bigint) returns boolean language sql immutable as $$
    select split_part(rate, '/', 1)::bigint > 0 and happened >= split_part(rate, '/', 1)::bigint
$$;

create function limit_since(rate text) returns timestamptz language sql stable as $$
    select now() - split_part(rate, '/', 2)::integer * interval '1 second'
$$;

-- Why an inquiry is looked at before anybody answers it. None of this loses it. Nothing is counted further than it matters,
-- so that the thousandth of a burst costs what the first did.
create function inquiry_flags(body json, mailbox text, pretends boolean, from_network text, per_network text, burst text)
returns text[] language plpgsql stable as $$
declare
    words text := body ->> 'message';
    lines text := concat_ws(' ', body ->> 'name', body ->> 'company', body ->> 'phone', body ->> 'budget');
    most bigint := split_part(burst, '/', 1);
    most_of_network bigint := split_part(per_network, '/', 1);
    burst_since timestamptz := limit_since(burst);
    network_since timestamptz := limit_since(per_network);
begin
    return array_remove(array[
        case when pretends then 'lookalike_domain' end,
        case when body::text ~* '<\s*/?\s*[a-z!]|\[/?(url|link)\M' then 'markup' end,
        case when lines ~* '(https?:|www\.|\.[a-z]{2,}/)' then 'link_in_field' end,
        case when exists (select from sponsorship_inquiries i
                           where hashtextextended(i.message, 0) = hashtextextended(words, 0)
                             and i.message = words and i.mailbox <> inquiry_flags.mailbox
                             and i.created_at > now() - interval '1 day') then 'same_text' end,
        case when most_of_network > 0 and (
                      select count(*) from (select from sponsorship_inquiries i
                                             where i.network_hash = from_network and i.created_at > network_since
                                             limit most_of_network) of_network) = most_of_network then 'same_network' end,
        case when most > 0 and (
                      select count(*) from (select from sponsorship_inquiries i
                                             where i.created_at > burst_since limit most) all_of_them) = most then 'burst' end], null);
end $$;

-- Refuses what a person can mend or wait for.
create function inquiry_require_links(message text, most integer, language text) returns void language plpgsql as $$
declare
    links integer := regexp_count(message, '(https?://|www\.)', 1, 'i');
    fault text := in_language(language, format('Un message a au plus %s liens, celui-ci en a %s.', most, links),
                              format('A message has at most %s links; this has %s.', most, links));
begin
    perform require(links <= most, 'MB422', fault, json_build_object('errors', json_build_array(
        json_build_object('pointer', '/message', 'detail', fault))));
end $$;

create function inquiry_use_token(nonce text, shown_at timestamptz, seconds integer, language text) returns void
language plpgsql as $$
declare
    fault text := in_language(language, 'Ce formulaire a déjà été envoyé. Rechargez-le.',
                              'This form has been sent already: load it again.');
begin
    insert into used_form_tokens values (nonce, shown_at + (seconds + 60) * interval '1 second') on conflict do nothing;
    perform require(found, 'MB422', fault, json_build_object('errors', json_build_array(
        json_build_object('pointer', '/form_token', 'detail', fault))));
end $$;

create function inquiry_require_patience(same_mailbox text, per_email text, language text) returns void language plpgsql as $$
declare
    earlier record;
begin
    select count(*) as number, min(created_at) as first_at into earlier
      from sponsorship_inquiries
     where mailbox = same_mailbox and created_at > limit_since(per_email);
    if limit_reached(per_email, earlier.number) then
        perform refuse('MB429', in_language(language, 'Cette adresse e-mail a déjà envoyé plusieurs demandes. Réessayez plus tard.',
                                            'This e-mail address has sent several inquiries already: try again later.'),
                       json_build_object('retry_after', greatest(1, ceil(extract(epoch from
                           earlier.first_at - limit_since(per_email)))::integer)));
    end if;
end $$;

-- The same words from the same person within a day.
create function inquiry_again(body json, same_mailbox text) returns text language plpgsql stable as $$
begin
    return (select reference
              from sponsorship_inquiries
             where mailbox = same_mailbox and created_at > now() - interval '1 day'
               and (name, message, kind) = (body ->> 'name', body ->> 'message', body ->> 'kind')
               and (company, phone, budget) is not distinct from (body ->> 'company', body ->> 'phone', body ->> 'budget')
             order by created_at
             limit 1);
end $$;

-- send_sponsorship_inquiry: answers the reference that the sender can quote. Whoever fell into the trap gets one, too, and
-- nothing is kept. Whoever sends the same again gets the same reference, whatever has become of the token.
create function inquiry_receive(new_id uuid, body json, mailbox text, mailbox_hash text, pretends boolean, nonce text,
                                shown_at timestamptz, token_seconds integer, from_network text, language text,
                                per_email text, per_network text, burst text, links integer) returns text
language plpgsql as $$
declare
    given_before text;
    article record;
    section uuid := case when body ->> 'section' is not null then filed_as('sections', body ->> 'section') end;
    marks text[];
    made text := inquiry_reference();
begin
    if body ->> 'website' <> '' then
        return made;
    end if;
    perform inquiry_require_links(body ->> 'message', links, language);
    perform pg_advisory_xact_lock(hashtextextended('marbre.inquiry ' || mailbox, 0)); -- of many at once the others find the first
    given_before := inquiry_again(body, mailbox);
    if given_before is not null then
        return given_before;
    end if;
    perform inquiry_use_token(nonce, shown_at, token_seconds, language);
    perform inquiry_require_patience(mailbox, per_email, language);
    marks := inquiry_flags(body, mailbox, pretends, from_network, per_network, burst);
    if body ->> 'article' is not null then
        select * into article from inquiry_article(body ->> 'article');
    else
        select null::uuid as id, null::text as slug, null::text as title, null::uuid as section into article;
    end if;
    insert into sponsorship_inquiries (id, reference, status, kind, name, email, mailbox, mailbox_hash, company, phone, budget,
                                       message, network_hash, locale, consent_version, article_id, article_slug,
                                       article_title, section_id, flags)
    select new_id, made, case marks when '{}' then 'new' else 'spam' end, body ->> 'kind', body ->> 'name', body ->> 'email',
           mailbox, mailbox_hash, body ->> 'company', body ->> 'phone', body ->> 'budget', body ->> 'message', from_network,
           coalesce(body ->> 'locale', language),
           coalesce((select max(version) from consent_texts where created_at <= shown_at), 1),
           article.id, article.slug, article.title, coalesce(section, article.section), marks;
    insert into sponsorship_events (inquiry_id, act, status) values (new_id, 'received', case marks when '{}' then 'new' else 'spam' end);
    return made;
end $$;

-- ------------------------------------------------------------------------------------------- the sales desk

-- Somebody whom an inquiry can be given to, or who has it already.
create function inquiry_assignee(inquiry uuid, reference json) returns uuid language sql stable as $$
    select a.id
      from accounts a
     where a.id::text = lower(reference_word(reference))
       and ((a.kind = 'person' and a.active and a.role in ('sales', 'admin'))
            or exists (select from sponsorship_inquiries i where i.id = inquiry and i.assignee = a.id))
$$;

create function inquiry_require_assignee(inquiry uuid, reference json) returns void language plpgsql as $$
declare
    fault text := format('There is nobody %s who looks after inquiries.', to_json(reference_word(reference)));
begin
    perform require(json_typeof(reference) = 'null' or inquiry_assignee(inquiry, reference) is not null, 'MB422', fault,
                    json_build_object('errors', json_build_array(json_build_object('pointer', '/assignee', 'detail', fault))));
end $$;

create function inquiry_note(inquiry uuid, words text) returns void language plpgsql as $$
begin
    update sponsorship_inquiries set version = version + 1, last_contact_at = clock_timestamp() where id = inquiry;
    if not found then
        perform refuse('MB404', 'There is no such inquiry.');
    end if;
    perform audit_changed('{notes}');
    insert into sponsorship_events (inquiry_id, act, status, note, account_id)
    select inquiry, 'noted', status, words, caller_id() from sponsorship_inquiries where id = inquiry;
end $$;

-- Writes down who has looked at whose personal data; says at how many.
create function audit_look(operation text, things uuid[], address text, request_id text) returns bigint language sql as $$
    with noted as (
        insert into audit (operation, kind, thing, version, account_id, session_id, key_id, address, request_id)
        select operation, 'sponsorship_inquiries', i.id, i.version, caller_id(), caller_session(),
               nullif(current_setting('marbre.caller_key', true), '')::uuid, nullif(address, '')::inet, request_id
          from unnest(things) thing join sponsorship_inquiries i on i.id = thing
        returning 1
    )
    select count(*) from noted
$$;

-- Newest first, those that the filters leave. Who was erased is counted elsewhere and listed no more.
create function inquiries_page(statuses text[], kinds text[], of_assignee uuid, of_section text, since timestamptz,
                               before timestamptz, sought text, after_at timestamptz, after_id uuid, how_many integer)
returns table (inquiry uuid, at timestamptz, number bigint)
language plpgsql stable set plan_cache_mode = force_custom_plan as $$
begin
    return query
    select i.id, i.created_at, row_number() over (order by i.created_at desc, i.id desc)
      from sponsorship_inquiries i
     where i.erased_at is null
       and (statuses is null or i.status = any (statuses))
       and (kinds is null or i.kind = any (kinds))
       and (of_assignee is null or i.assignee = of_assignee)
       and (of_section is null or i.section_id = filed_as('sections', of_section))
       and (since is null or i.created_at >= since)
       and (before is null or i.created_at < before)
       and (sought is null
            or strpos(lower(concat_ws(' ', i.reference, i.name, i.email, i.company, i.phone, i.message) collate "und-x-icu"),
                      lower(sought collate "und-x-icu")) > 0)
       and (after_at is null or (i.created_at, i.id) < (after_at, after_id))
     order by i.created_at desc, i.id desc
     limit how_many;
end $$;

create function inquiry_section(section uuid) returns json language sql stable as $$
    select section_card(coalesce(filed_as('sections', section::text), section)) where section is not null
$$;

create function inquiry_card(inquiry uuid) returns jsonb language sql stable as $$
    select jsonb_build_object(
               'id', id, 'version', version, 'reference', reference, 'status', status, 'steps', inquiry_steps(status),
               'kind', kind, 'name', name, 'email', email, 'company', company, 'phone', phone, 'budget', budget,
               'excerpt', left(message, 200),
               'article', case when article_id is not null then
                   jsonb_build_object('id', article_id, 'slug', article_slug, 'title', article_title) end,
               'section', inquiry_section(section_id), 'locale', locale, 'flags', flags,
               'assignee', account_card(assignee), 'due_on', due_on, 'created_at', rfc3339(created_at),
               'updated_at', rfc3339(updated_at), 'last_contact_at', rfc3339(last_contact_at),
               'erased_at', rfc3339(erased_at))
      from sponsorship_inquiries
     where id = inquiry
$$;

create function inquiry_document(inquiry uuid) returns json language sql stable as $$
    select (inquiry_card(id) - 'excerpt' || jsonb_build_object(
               'message', message, 'consent_version', consent_version,
               'history', (select jsonb_agg(jsonb_build_object(
                                      'at', rfc3339(e.at), 'act', e.act, 'status', e.status, 'fields', e.fields,
                                      'note', e.note, 'account', account_card(e.account_id)) order by e.id)
                             from sponsorship_events e where e.inquiry_id = i.id)))::json
      from sponsorship_inquiries i
     where id = inquiry
$$;

-- A field of a CSV file (RFC 4180). What a spreadsheet would take for a formula is text with an apostrophe before it: at the
-- beginning, and after each sign at which a spreadsheet that is set to another separator (`;` in French) begins a cell;
-- also where quotes, white space or what is not seen stand in front, and for the wide and small forms of the signs.
create function csv_field(value text) returns text language sql immutable parallel safe as $$
    select '"' || replace(regexp_replace(regexp_replace(value,
               '(^|[;\t\r\n])(["[:space:]\u00AD\u061C\u200B-\u200F\u2060\uFEFF]*[-=+@|%\uFF1D\uFF0B\uFF0D\uFF20\uFE62\uFE63\uFE66\uFE6B])',
               '\1''\2', 'g'), '^([\t\r])', '''\1'), '"', '""') || '"'
$$;

create function csv_row(fields text[]) returns text language sql immutable as $$
    select string_agg(coalesce(csv_field(field), ''), ',' order by number) || E'\r\n'
      from unnest(fields) with ordinality f (field, number)
$$;

create function inquiry_csv(inquiry uuid) returns text language sql stable as $$
    select csv_row(array[reference, status, kind, rfc3339(created_at), name, email, company, phone, budget, message,
                         article_slug, inquiry_section(section_id) ->> 'slug', locale,
                         account_card(assignee) ->> 'name', due_on::text, rfc3339(last_contact_at),
                         array_to_string(flags, ' ')])
      from sponsorship_inquiries
     where id = inquiry
$$;

create function inquiry_csv_head() returns text language sql immutable as $$
    select U&'\FEFF' || csv_row(array['reference', 'status', 'kind', 'created_at', 'name', 'email', 'company', 'phone', 'budget',
                                      'message', 'article', 'section', 'locale', 'assignee', 'due_on', 'last_contact_at', 'flags'])
$$;

create function inquiry_counts(since timestamptz, before timestamptz) returns json language sql stable as $$
    with counted as (
        select to_char(created_at at time zone 'UTC', 'YYYY-MM') as month, kind, status, article_id, article_slug, article_title
          from sponsorship_inquiries
         where (since is null or created_at >= since) and (before is null or created_at < before)
    ), articles as (
        select article_id, max(article_slug) as slug, max(article_title) as title, count(*) as number
          from counted
         where article_id is not null
         group by article_id
         order by number desc, article_id
         limit 1000
    )
    select json_build_object(
        'total', (select count(*) from counted),
        'by_month', (select coalesce(json_agg(json_build_object('month', month, 'count', n) order by month), '[]')
                       from (select month, count(*) n from counted group by month) m),
        'by_kind', (select coalesce(json_agg(json_build_object('kind', kind, 'count', n) order by n desc, kind), '[]')
                      from (select kind, count(*) n from counted group by kind) k),
        'by_status', (select coalesce(json_agg(json_build_object('status', status, 'count', n) order by n desc, status), '[]')
                        from (select status, count(*) n from counted group by status) s),
        'by_article', (select coalesce(json_agg(json_build_object(
                                  'article', json_build_object('id', article_id, 'slug', slug, 'title', title),
                                  'count', number) order by number desc, article_id), '[]') from articles))
$$;

-- -------------------------------------------------------------------------------------------------- privacy

-- Takes a person out of their inquiries: out of the rows, the notes, and answers that are kept to be given again. What is
-- left can be counted, and is in the audit with a keyed hash of the address.
create function inquiries_erase(inquiries uuid[], operation text, from_address text, request text) returns bigint
language sql as $$
    -- Whoever is at one of them finishes first, and what they wrote goes, too: each statement sees what was done before it.
    select count(*) from (select from sponsorship_inquiries where id = any (inquiries) order by id for update) held;
    insert into audit (operation, kind, thing, version, fields, account_id, session_id, key_id, address, request_id, subject)
    select operation, 'sponsorship_inquiries', id, version + 1, '{erased}', caller_id(), caller_session(),
           nullif(current_setting('marbre.caller_key', true), '')::uuid, nullif(from_address, '')::inet, request, mailbox_hash
      from sponsorship_inquiries
     where id = any (inquiries);
    update sponsorship_events set note = null where inquiry_id = any (inquiries);
    delete from kept_answers where made = any (inquiries);
    delete from kept_answers k
     using sponsorship_inquiries i
     where i.id = any (inquiries) and k.caller = '' and k.operation = 'send_sponsorship_inquiry'
       and k.answer::text like '%' || i.reference || '%';
    with erased as (
        update sponsorship_inquiries
           set name = null, email = null, mailbox = null, mailbox_hash = null, company = null, phone = null, budget = null,
               message = null, network_hash = null, erased_at = clock_timestamp()
         where id = any (inquiries) and erased_at is null
        returning 1
    )
    select count(*) from erased
$$;

create function inquiries_of(same_mailbox text) returns uuid[] language sql stable as $$
    select coalesce(array_agg(id order by created_at, id), '{}') from sponsorship_inquiries where mailbox = same_mailbox
$$;

-- ----------------------------------------------------------------------------------------------------- jobs

-- What the servers do from time to time; each is done by one of them.
create table jobs (
    name    text primary key,
    due_at  timestamptz not null default clock_timestamp(),
    ran_at  timestamptz,
    erased  bigint not null default 0 -- so far, of all runs
);

-- Before a job: whether it is due, and nobody else is at it. Refused otherwise, and with that the rest of the transaction.
create function job_begin(job text) returns void language plpgsql as $$
declare
    due timestamptz;
begin
    if not pg_try_advisory_xact_lock(hashtextextended('marbre.job ' || job, 0)) then
        perform refuse('MB409', 'Somebody else is at it.');
    end if;
    insert into jobs (name) values (job) on conflict do nothing;
    select due_at into due from jobs where name = job;
    if due > clock_timestamp() then
        perform refuse('MB409', 'It is not due yet.');
    end if;
end $$;

-- After it: when it is due again. Where it did as much as it does at once, there is more to do.
create function job_end(job text, seconds integer, done bigint, most bigint) returns bigint language sql as $$
    update jobs
       set ran_at = clock_timestamp(), erased = erased + done,
           due_at = clock_timestamp() + case when done < most then seconds else 0 end * interval '1 second'
     where name = job
    returning done
$$;
create index sessions_by_expiry on sessions (expires_at);
