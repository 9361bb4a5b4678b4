-- What articles are filed under and who wrote them.

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

create table tags (
    id         uuid primary key,
    version    integer not null default 1,
    slug       slug not null unique,
    name       text not null check (name ~ '\S'),
    kind       text not null check (kind in ('topic', 'person', 'place', 'organisation', 'event', 'series')),
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp()
);

create table authors (
    id         uuid primary key,
    version    integer not null default 1,
    slug       slug not null unique,
    name       text not null check (name ~ '\S'),
    bio        text,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp()
);
create index authors_by_name on authors (name, id);
create index tags_by_name on tags (name, id);
create index sections_by_position on sections (position, name, id);

-- The slug that was wanted, or a refusal; else the one made from the name, with the first free number.
create function free_slug(kind text, wanted text, made text, out slug text) language plpgsql as $$
declare
    taken boolean;
    number integer := 0;
begin
    -- Whoever names something at the same moment takes turns: `x` twice and `x-2` by choice meet in one slug, too.
    perform pg_advisory_xact_lock(hashtext(kind));
    loop
        number := number + 1;
        slug := coalesce(wanted, slug_candidate(made, number));
        execute format('select exists (select from %I where slug = $1)', kind) into taken using slug;
        exit when not taken;
        if wanted is not null then
            perform refuse('MB409', format('The slug %s is taken.', wanted), json_build_object('errors',
                json_build_array(json_build_object('pointer', '/slug', 'detail', 'This slug is taken; choose another.'))));
        end if;
    end loop;
end $$;
