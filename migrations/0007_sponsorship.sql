-- Sponsorship: what can be sponsored, what people agree to, and their inquiries with what became of them.

-- A text in French and in English: both, and nothing else.
create domain two_languages as jsonb
    check (value ->> 'fr' ~ '\S' and value ->> 'en' ~ '\S' and value - '{fr,en}'::text[] = '{}');

-- What can be sponsored, in the form's order. An inquiry names a kind and no option, so an option can be deleted.
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

-- What a person agrees to by sending the form, in each of its versions. Which of them somebody agreed to is kept with what
-- they sent, so none is ever changed.
create table consent_texts (
    id         uuid primary key,
    version    integer not null unique,
    text       two_languages not null,
    created_at timestamptz not null default clock_timestamp(),
    created_by uuid references accounts
);
select revoke_from_server('update, delete', 'consent_texts');
insert into consent_texts (id, version, text) values ('01890000-0000-7000-8000-00000000c001', 1, '{
    "fr": "J’accepte que la rédaction conserve ces informations pour répondre à ma demande. Elles sont effacées dix-huit mois après notre dernier échange, ou plus tôt si je le demande.",
    "en": "I agree that the publication keeps these details to answer my inquiry. They are erased eighteen months after our last exchange, or earlier if I ask for it."}');

-- Form tokens that were used, until nobody could use them any more.
create table used_form_tokens (
    nonce      text primary key,
    expires_at timestamptz not null
);
create index used_form_tokens_by_expiry on used_form_tokens (expires_at);

-- What somebody asked the sales desk. What is known of a person goes on erasure, all of it; what can be counted stays.
-- Nothing here refers to an article or a section by a key: an inquiry neither keeps them from going nor waits for who files
-- them. A trigger makes a version and an event of each change, and lets the status go only where it may.
create table sponsorship_inquiries (
    id              uuid primary key,
    version         integer not null default 1,
    reference       text not null unique, -- what its sender can quote: `S-` and ten characters
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
    network_hash    text, -- keyed; of the address that it came from, of IPv6 its /64; forgotten after a month
    locale          text not null,
    consent_version integer not null references consent_texts (version),
    article_id      uuid, -- that they came from, as readers saw it
    article_slug    text,
    article_title   text,
    section_id      uuid,
    flags           text[] not null default '{}', -- why it may be spam
    assignee        uuid references accounts,
    due_on          date,
    created_at      timestamptz not null default clock_timestamp(),
    updated_at      timestamptz not null default clock_timestamp(),
    last_contact_at timestamptz not null default clock_timestamp(), -- eighteen months after it the inquiry is erased
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
