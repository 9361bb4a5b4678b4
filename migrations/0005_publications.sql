-- What readers see, and when: time ranges. Nothing has to wake up for a story to appear or to go.

-- When readers see which content. An article is visible while the time lies inside one of its ranges; two ranges of one
-- article never overlap. `past` marks ranges that an act has closed, so that lists need not walk over them.
create table publications (
    id           bigint generated always as identity primary key,
    article_id   uuid not null references articles on delete cascade,
    content_id   bigint not null references article_contents,
    lang         text not null,        -- the content's; filled by a trigger
    during       tstzrange not null check (not isempty(during) and not lower_inf(during)),
    published_at timestamptz not null, -- the start of the article's first range
    past         boolean not null default false,
    exclude using gist (article_id with =, during with &&)
);
create index publications_newest on publications (published_at desc, article_id desc) where not past;
create index publications_newest_of_lang on publications (lang, published_at desc, article_id desc) where not past;
create index publications_of_article on publications (article_id, published_at);
create index publications_of_content on publications (content_id);
create index publications_opening on publications (lower(during)) where not past;
create index publications_closing on publications (upper(during)) where not past and not upper_inf(during);

-- What a publication that is not past is found under: a row for each section (and those above it), tag and author, so that
-- a page for readers reads only its own, whatever it is a page of. Kept by triggers, and nothing but what other tables say.
create table public_listings (
    key            uuid not null, -- of a section, tag or author
    published_at   timestamptz not null,
    article_id     uuid not null,
    publication_id bigint not null references publications on delete cascade,
    primary key (key, published_at, article_id, publication_id)
);
create index public_listings_of_publication on public_listings (publication_id);
