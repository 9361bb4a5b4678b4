-- Articles. What an article is (articles), what it says (article_contents and what hangs on them, never changed once
-- written), and what became of it (article_versions, one row for each version). What readers see of it is in publications.

-- An article and its working copy, which `content_id` names: a save writes a content and turns `content_id` to it. Each
-- update is the next version, by a trigger that nobody can forget. Assignee and notes are of the article and not of its
-- content: neither is for readers, so neither makes a change that has to be published, ends an approval, or comes back with
-- an older text.
create table articles (
    id         uuid primary key,
    version    integer not null default 1,
    status     text not null default 'draft'
               check (status in ('draft', 'in_review', 'approved', 'published', 'unpublished')),
    act        text not null default 'create', -- the act that led to this version
    note       text,                           -- and what was said with it
    content_id bigint not null,
    assignee   uuid references accounts,       -- who sees to it
    notes      text,                           -- what colleagues tell each other
    date       timestamptz,                    -- of its first publication, where that was before it came here, or is not the
                                               -- moment of publishing; used once, then publications.published_at counts
    created_by uuid references accounts,       -- null: no account did, as in an import
    created_at timestamptz not null default clock_timestamp(),
    updated_by uuid references accounts,
    updated_at timestamptz not null default clock_timestamp()
);
create index articles_by_update on articles (updated_at, id);
create index articles_by_status on articles (status, updated_at, id);
create index articles_by_author on articles (created_by, status, updated_at, id);
create index articles_by_assignee on articles (assignee, status, updated_at, id) where assignee is not null;
create index articles_of_content on articles (content_id);

-- Every slug that an article has or had. It belongs to it for ever, so that an address once public never leads astray.
create table article_slugs (
    slug       slug primary key,
    article_id uuid not null references articles on delete cascade deferrable initially deferred,
    unique (slug, article_id)
);
create index article_slugs_of_article on article_slugs (article_id);

-- A text as lists look for it: without case, accents and ligatures.
create function folded(given text) returns text language sql immutable parallel safe as $$
    select replace(replace(replace(replace(
               lower(regexp_replace(normalize(given, NFKD), '[\u0300-\u036f]', '', 'g')),
               'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss'), '’', '''')
$$;

-- What an article says, or said: one row for each text that it ever had, written and never changed (the server cannot).
-- Body, HTML, text, Markdown, excerpt and outline are made of one another by the server when it is saved. `image` and `seo`
-- are kept with all their members in one order, so that two that say the same are the same text.
create table article_contents (
    id              bigint generated always as identity primary key,
    article_id      uuid not null references articles on delete cascade deferrable initially deferred,
    lang            text not null, -- BCP 47
    slug            slug not null,
    kicker          text,
    title           text not null check (title ~ '\S' and length(title) <= 300),
    standfirst      text,
    teaser          text,
    image           json check (image ->> 'url' ~ '\S' and image ->> 'alt' ~ '\S'),
    seo             json not null
                    default '{"title" : null, "description" : null, "canonical_url" : null, "noindex" : false}',
    no_sponsorship  boolean not null default false,
    corrections     json not null default '[]', -- [{at, text, kind}], shown to readers
    body            json not null,              -- blocks, a profile of Portable Text
    body_html       text not null,
    body_text       text not null,
    body_markdown   text not null,
    body_keys       text not null,              -- behind body_markdown, it reads back to the very same blocks
    excerpt         text not null,
    outline         json not null,              -- [{id, level, text}]
    word_count      integer not null,
    reading_minutes integer not null,
    foreign key (slug, article_id) references article_slugs (slug, article_id) deferrable initially deferred
);
create index article_contents_of_article on article_contents (article_id);
create index article_contents_by_title on article_contents using gin (folded(title) gin_trgm_ops);
select revoke_from_server('update', 'article_contents');
alter table articles add foreign key (content_id) references article_contents deferrable initially deferred;

-- What a content is filed under, in order; the first section is the primary one.
create table article_sections (
    content_id bigint not null references article_contents on delete cascade,
    position   integer not null,
    section_id uuid not null references sections,
    primary key (content_id, position),
    unique (content_id, section_id)
);
create index article_sections_of_section on article_sections (section_id);

create table article_tags (
    content_id bigint not null references article_contents on delete cascade,
    position   integer not null,
    tag_id     uuid not null references tags,
    primary key (content_id, position),
    unique (content_id, tag_id)
);
create index article_tags_of_tag on article_tags (tag_id);

-- Who made it, in the order of the credits: an author may come once for each part.
create table article_authors (
    content_id bigint not null references article_contents on delete cascade,
    position   integer not null,
    author_id  uuid not null references authors,
    role       text not null,
    bio        text, -- for this article, in place of the author's own
    primary key (content_id, position)
);
create index article_authors_of_author on article_authors (author_id);

-- What an editor has chosen to go with an article. No foreign key: a content keeps what it names, also when the draft that
-- it named is deleted; the desk is told what leads nowhere, and readers see what is public.
create table article_related (
    content_id bigint not null references article_contents on delete cascade,
    position   integer not null,
    article_id uuid not null,
    primary key (content_id, position),
    unique (content_id, article_id)
);

-- One row for each version that an article ever had: who made it, by what act, and which fields it changed, in the API's
-- words. Written by a trigger; it only grows.
create table article_versions (
    article_id uuid not null references articles on delete cascade,
    version    integer not null,
    act        text not null,
    note       text,
    status     text not null,
    content_id bigint not null references article_contents deferrable initially deferred,
    changed    text[] not null,
    account_id uuid references accounts,
    at         timestamptz not null,
    primary key (article_id, version)
);
create index article_versions_of_content on article_versions (content_id);
select revoke_from_server('update, delete', 'article_versions');

-- The workflow: which act leads from which status to which. What is not here is refused.
create table article_transitions (
    act         text not null,
    from_status text not null,
    to_status   text not null,
    primary key (act, from_status)
);
insert into article_transitions (act, from_status, to_status) values
    ('submit', 'draft', 'in_review'),
    ('submit', 'unpublished', 'in_review'),
    ('return', 'in_review', 'draft'),
    ('return', 'approved', 'draft'),
    ('approve', 'in_review', 'approved'),
    ('publish', 'approved', 'published'),
    ('publish', 'published', 'published'),
    ('publish', 'unpublished', 'published'),
    ('unpublish', 'published', 'unpublished');
select revoke_from_server('insert, update, delete', 'article_transitions');

-- Working copies under each section and author that they name, so that a list of the desk reads only its own. Kept by
-- triggers, and nothing but what the tables above say: it can be emptied and filled again.
create table desk_listings (
    thing_id   uuid not null, -- a section or an author
    status     text not null,
    updated_at timestamptz not null,
    article_id uuid not null references articles on delete cascade,
    primary key (thing_id, status, updated_at, article_id)
);
create index desk_listings_of_article on desk_listings (article_id);
