-- What colleagues tell each other about an article, one by one. A resource of the tests alone.
create table article_notes (
    id         uuid primary key,
    article_id uuid not null references articles on delete cascade,
    version    integer not null default 1,
    text       text not null,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    created_by uuid references accounts
);
create index article_notes_newest on article_notes (article_id, created_at desc, id desc);
