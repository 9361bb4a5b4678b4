-- What colleagues tell each other about an article, one by one. A resource of the tests alone.
create table article_notes (
    id         uuid primary key,
    article_id uuid not null references articles on delete cascade,
    version    integer not null default 1,
    text       text not null
);
create index article_notes_of_article on article_notes (article_id);
