-- What articles are filed under, and who wrote them: sections, tags and authors. Each has a version, which `If-Match` names,
-- and one slug, which is its address; triggers raise the version and keep the slugs that it had.

-- Where an article stands in the paper. Sections stand in a tree of ten levels at most, which a trigger sees to; `position`
-- is the newsroom's own order among those of one parent.
create table sections (
    id          uuid primary key,
    version     integer not null default 1,
    slug        slug not null unique,
    name        text not null check (name ~ '\S'),
    description text,
    parent_id   uuid references sections,
    position    integer not null default 0,
    created_at  timestamptz not null default clock_timestamp(),
    updated_at  timestamptz not null default clock_timestamp()
);
create index sections_by_position on sections (position, name, id);
create index sections_by_name on sections (name, id);
create index sections_of_parent on sections (parent_id);

-- What an article is about. Two that mean the same are merged: one goes, and its slug leads to the other.
create table tags (
    id         uuid primary key,
    version    integer not null default 1,
    slug       slug not null unique,
    name       text not null check (name ~ '\S'),
    kind       text not null check (kind in ('topic', 'person', 'place', 'organisation', 'event', 'series')),
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp()
);
create index tags_by_name on tags (name, id);

-- Who made an article: a name for readers, with or without an account. `links` is a list of {label, url}, `image` an object
-- {url, alt, credit}; readers get both as they are kept here.
create table authors (
    id         uuid primary key,
    version    integer not null default 1,
    slug       slug not null unique,
    name       text not null check (name ~ '\S'),
    bio        text,
    links      jsonb not null default '[]' check (
                   case jsonb_typeof(links)
                       when 'array' then jsonb_array_length(links) <= 20 and not jsonb_path_exists(
                           links, '$[*] ? (!(@.url like_regex "^(https?|mailto):") || !(@.label like_regex "\\S"))')
                       else false end),
    image      jsonb check (image is null or coalesce(image ->> 'url' ~ '^https?:' and image ->> 'alt' is not null, false)),
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp()
);
create index authors_by_name on authors (name, id);

-- The slugs that something had before, or that something had which was merged into it (`was`: that one's id). Each leads
-- straight to what is there now. A slug that is taken again is an alias no more.
create table section_aliases (
    slug     slug primary key,
    leads_to uuid not null references sections on delete cascade,
    was      uuid unique
);
create index section_aliases_of_section on section_aliases (leads_to);
create table tag_aliases (
    slug     slug primary key,
    leads_to uuid not null references tags on delete cascade,
    was      uuid unique
);
create index tag_aliases_of_tag on tag_aliases (leads_to);
create table author_aliases (
    slug     slug primary key,
    leads_to uuid not null references authors on delete cascade,
    was      uuid unique
);
create index author_aliases_of_author on author_aliases (leads_to);
