-- Filing, whole: sections as a tree, authors with links and a picture, addresses that lead on after a change of name, and
-- what is merged, replaced or in use.

create index sections_by_name on sections (name, id);
create index sections_of_parent on sections (parent_id);

alter table authors add column links jsonb not null default '[]' check (
    case jsonb_typeof(links)
        when 'array' then jsonb_array_length(links) <= 20 and not jsonb_path_exists(
            links, '$[*] ? (!(@.url like_regex "^(https?|mailto):") || !(@.label like_regex "\\S"))')
        else false end);
alter table authors add column image jsonb check (
    image is null or coalesce(image ->> 'url' ~ '^https?:' and image ->> 'alt' is not null, false));

-- The slugs that something had before, or that something had which was merged into it (`was`). Each leads straight to
-- what is there now. A slug that is taken again is an alias no more.
create table section_aliases (
    slug     slug primary key,
    leads_to uuid not null references sections on delete cascade,
    was      uuid unique
);
create table tag_aliases (
    slug     slug primary key,
    leads_to uuid not null references tags on delete cascade,
    was      uuid unique
);
create table author_aliases (
    slug     slug primary key,
    leads_to uuid not null references authors on delete cascade,
    was      uuid unique
);
create index section_aliases_of_section on section_aliases (leads_to);
create index tag_aliases_of_tag on tag_aliases (leads_to);
create index author_aliases_of_author on author_aliases (leads_to);

-- When a collection last changed: a list has changed, too, when something is gone from it.
create table filing_changed (
    kind text primary key,
    at   timestamptz not null
);

-- ------------------------------------------------------------------------------------------------ taking turns

-- Whoever changes a collection waits for whoever does; before any row is locked, so that no two wait for each other.
create function filing_turn(kind text) returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtext(kind)); -- as free_slug does
end $$;

-- Whoever files something by references holds this, and what they refer to stays; many may at once.
create function filing_hold() returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock_shared(hashtext('marbre.references'));
end $$;

-- Whoever takes something away is alone: what is being filed is finished first, and what comes finds it gone.
create function filing_alone() returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtext('marbre.references'));
end $$;

-- What readers get is listed by what it is filed under, so that stays meanwhile, too.
create function publications_hold_filing() returns trigger language plpgsql as $$
begin
    perform filing_hold();
    return null;
end $$;

create trigger publications_hold_filing before insert or update on publications
    for each statement execute function publications_hold_filing();

create function filing_take_turns() returns trigger language plpgsql as $$
begin
    perform filing_turn(tg_table_name);
    if tg_op = 'DELETE' then
        perform filing_alone();
    end if;
    return null;
end $$;

create function filing_has_changed() returns trigger language plpgsql as $$
begin
    insert into filing_changed as f (kind, at) values (tg_table_name, clock_timestamp())
    on conflict (kind) do update set at = greatest(f.at, excluded.at);
    return null;
end $$;

-- A version for each change, whoever makes it, and its fields for the audit; what changes nothing makes none.
create function filing_next_version() returns trigger language plpgsql as $$
declare
    changed text[] := array(
        select replace(key, '_id', '') from jsonb_each(to_jsonb(new))
         where value is distinct from to_jsonb(old) -> key and key not in ('version', 'created_at', 'updated_at')
         order by key);
begin
    if changed = '{}' then
        return null;
    end if;
    perform audit_changed(changed);
    new.version := old.version + 1;
    new.updated_at := greatest(clock_timestamp(), old.updated_at + interval '1 microsecond');
    return new;
end $$;

-- A slug that is given up leads on; one that is taken leads nowhere else.
create function filing_keep_alias() returns trigger language plpgsql as $$
declare
    aliases text := rtrim(tg_table_name, 's') || '_aliases';
begin
    execute format('delete from %I where slug = $1', aliases) using new.slug;
    if tg_op = 'UPDATE' then
        execute format('insert into %I (slug, leads_to) values ($1, $2)'
                       ' on conflict (slug) do update set leads_to = excluded.leads_to, was = null', aliases)
          using old.slug, new.id;
    end if;
    return null;
end $$;

do $$
declare
    kind text;
begin
    foreach kind in array array['sections', 'tags', 'authors'] loop
        execute format('create trigger filing_take_turns before insert or update or delete on %I
                            for each statement execute function filing_take_turns()', kind);
        execute format('create trigger filing_has_changed after insert or update or delete on %I
                            for each statement execute function filing_has_changed()', kind);
        execute format('create trigger filing_next_version before update on %I
                            for each row execute function filing_next_version()', kind);
        execute format('create trigger filing_take_slug after insert on %I
                            for each row execute function filing_keep_alias()', kind);
        execute format('create trigger filing_change_slug after update on %I
                            for each row when (old.slug <> new.slug) execute function filing_keep_alias()', kind);
        execute format('insert into filing_changed (kind, at) select %1$L, coalesce(max(updated_at), clock_timestamp())
                          from %1$I', kind);
    end loop;
end $$;

-- Sections stand in a tree: from the roots every one is reached, within ten levels. Looked at when the statement is done;
-- of two that would make a circle together the second has waited for its turn, and sees the first.
create function sections_are_a_tree() returns trigger language plpgsql as $$
declare
    reached bigint;
    deepest integer;
    fault text;
begin
    with recursive tree as (
        select id, 1 as level from sections where parent_id is null
        union all
        select s.id, tree.level + 1 from tree join sections s on s.parent_id = tree.id
    )
    select count(*), max(level) into reached, deepest from tree;
    fault := case when reached < (select count(*) from sections) then 'A section stands below none of its own.'
                  when deepest > 10 then 'Sections stand in ten levels at most.' end;
    if fault is not null then
        perform refuse('MB422', fault, json_build_object('errors', json_build_array(
            json_build_object('pointer', '/parent', 'detail', fault))));
    end if;
    return null;
end $$;

create trigger sections_are_a_tree after insert or update of parent_id on sections
    for each statement execute function sections_are_a_tree();

-- ------------------------------------------------------------------------------------------------- references

-- What a word leads to: a slug, one of before, an id, or that of something which was merged. Written out for each
-- collection, so that its plan is kept: readers' lists are found by it.
create function filed_as(kind text, word text) returns uuid language plpgsql stable as $$
declare
    as_id uuid := case when word ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then word::uuid end;
begin
    case kind
        when 'sections' then
            return coalesce((select id from sections where slug = word),
                            (select leads_to from section_aliases where slug = word),
                            (select id from sections where id = as_id),
                            (select leads_to from section_aliases where was = as_id));
        when 'tags' then
            return coalesce((select id from tags where slug = word),
                            (select leads_to from tag_aliases where slug = word),
                            (select id from tags where id = as_id),
                            (select leads_to from tag_aliases where was = as_id));
        when 'authors' then
            return coalesce((select id from authors where slug = word),
                            (select leads_to from author_aliases where slug = word),
                            (select id from authors where id = as_id),
                            (select leads_to from author_aliases where was = as_id));
    end case;
end $$;

-- Turns a list of references into ids, null where one leads nowhere.
create or replace function resolve_references(kind text, list json) returns setof resolved language sql stable as $$
    select (given.number - 1)::integer, filed_as(kind, reference_word(given.reference)), given.reference
      from json_array_elements(list) with ordinality as given (reference, number)
     order by given.number
$$;

-- It is asked after filing_hold, and looks at what is there then.
alter function require_references(json) volatile;

-- Refuses a reference that leads nowhere; null leads where it should.
create function require_reference(kind text, reference json, pointer text) returns void language plpgsql as $$
declare
    word text := reference_word(reference);
    fault text := case when word is null then 'A reference has an id or a slug.'
                       else format('There is no %s %s.', rtrim(kind, 's'), to_json(word)) end;
begin
    if json_typeof(reference) <> 'null' and filed_as(kind, word) is null then
        perform refuse('MB422', fault, json_build_object('errors', json_build_array(
            json_build_object('pointer', pointer, 'detail', fault))));
    end if;
end $$;

-- ---------------------------------------------------------------------------------------------------- changes

-- Locks something for a change, after its collection, and refuses who does not know its version.
create function filing_lock(kind text, thing uuid, expected integer[]) returns void language plpgsql as $$
declare
    now_there integer;
begin
    perform filing_turn(kind);
    execute format('select version from %I where id = $1 for no key update', kind) into now_there using thing;
    if now_there is null then
        perform refuse('MB404', format('There is no such %s.', rtrim(kind, 's')));
    end if;
    perform require_version(kind, thing, now_there, expected);
    perform audit_changed('{}');
end $$;

-- A slug that something else has is refused; an alias may be taken.
create function require_free_slug(kind text, thing uuid, wanted text) returns void language plpgsql as $$
declare
    taken boolean;
begin
    execute format('select exists (select from %I where slug = $1 and id <> $2)', kind) into taken using wanted, thing;
    perform require(not taken, 'MB409', format('The slug %s is taken.', wanted), json_build_object('errors',
        json_build_array(json_build_object('pointer', '/slug', 'detail', 'This slug is taken; choose another.'))));
end $$;

-- A picture as a merge patch makes it: its members one by one, or none of it.
create function patched_image(patch json, was jsonb) returns jsonb language sql immutable as $$
    select case when patch is null then was
                when json_typeof(patch) = 'object' then jsonb_build_object(
                    'url', patched(patch, 'url', was ->> 'url'), 'alt', patched(patch, 'alt', was ->> 'alt'),
                    'credit', patched(patch, 'credit', was ->> 'credit')) end
$$;

create function require_image(patch json, was jsonb) returns void language plpgsql as $$
declare
    faults json;
begin
    select json_agg(json_build_object('pointer', '/image/' || member, 'detail', 'A picture has this member.'))
      into faults
      from unnest(array['url', 'alt']) member
     where json_typeof(patch) = 'object' and patched_image(patch, was) ->> member is null;
    perform require(faults is null, 'MB422', 'A picture has an address, and says in words what it shows.',
                    json_build_object('errors', faults));
end $$;

-- ------------------------------------------------------------------------------- what is in use, and what replaces it

-- What uses something: sections below it, editors of it, articles that name it in any version. The first twenty that the
-- caller may know of, and how many there are.
create function filing_users(kind text, thing uuid, out first_ones json, out total bigint) language plpgsql stable as $$
begin
    execute format('
        with filed as (
            select distinct c.article_id
              from %1$I x join article_contents c on c.id = x.content_id
             where x.%2$I = $1
        ), users as (
            select 3 as rank, ''article'' as kind, a.id, c.slug::text as slug, c.title,
                   caller_may_see(a.created_by, a.content_id) as seen
              from filed join articles a on a.id = filed.article_id join article_contents c on c.id = a.content_id
            union all
            select 1, ''section'', id, slug, name, true from sections where $2 = ''sections'' and parent_id = $1
            union all
            select 2, ''account'', a.id, null, a.name, true
              from account_sections x join accounts a on a.id = x.account_id
             where $2 = ''sections'' and x.section_id = $1
        )
        select coalesce(json_agg(json_build_object(''kind'', u.kind, ''id'', u.id, ''slug'', u.slug, ''title'', u.title)
                                 order by u.rank, u.title, u.id), ''[]''),
               (select count(*) from users)
          from (select * from users where seen order by rank, title, id limit 20) u',
                   'article_' || kind, rtrim(kind, 's') || '_id')
       into first_ones, total
      using thing, kind;
end $$;

-- Writes down beside an act what else it changed.
create function audit_beside(operation text, kind text, things uuid[], fields text[], address text, request_id text)
returns void language sql as $$
    insert into audit (operation, kind, thing, version, fields, account_id, session_id, key_id, address, request_id)
    select operation, kind, thing, version_of(kind, thing), fields, caller_id(), caller_session(),
           nullif(current_setting('marbre.caller_key', true), '')::uuid, nullif(address, '')::inet, request_id
      from unnest(things) thing
$$;

-- The sections below one, and the editors of one, come to another. Where that stands below the one, it takes its place.
create function section_bequeath(section uuid, heir uuid, operation text, address text, request_id text) returns void
language plpgsql as $$
declare
    moved uuid[];
    editors uuid[] := array(select account_id from account_sections where section_id = section);
begin
    with recursive below as (
        select id from sections where parent_id = section
        union
        select s.id from below join sections s on s.parent_id = below.id
    ), changed as (
        update sections s
           set parent_id = case s.id when heir then (select parent_id from sections where id = section) else heir end
         where (s.parent_id = section and s.id <> heir) or (s.id = heir and heir in (select id from below))
        returning s.id
    )
    select array_agg(id) into moved from changed;
    perform audit_beside(operation, 'sections', moved, '{parent}', address, request_id);
    delete from account_sections x
     where x.section_id = section
       and exists (select from account_sections y where y.account_id = x.account_id and y.section_id = heir);
    update account_sections set section_id = heir where section_id = section;
    update accounts set version = version + 1 where id = any (editors);
    perform audit_beside(operation, 'accounts', editors, '{sections}', address, request_id);
end $$;

-- One thing becomes another, everywhere and for good: what named the one names the other, in every version of every
-- article, where it stood (where both were named, where the first of them stood). That is no new version of an article: its
-- text is what it was. The slug of the one, and those that led to it, lead to the other.
create function filing_merge(kind text, thing uuid, heir uuid, operation text, address text, request_id text) returns void
language plpgsql as $$
declare
    filed text := 'article_' || kind;
    member text := rtrim(kind, 's') || '_id';
    aliases text := rtrim(kind, 's') || '_aliases';
    given_up text;
begin
    execute format('
        delete from %1$I x using %1$I y
         where x.content_id = y.content_id and x.position > y.position
           and x.%2$I in ($1, $2) and y.%2$I in ($1, $2)
           and to_jsonb(x) ->> ''role'' is not distinct from to_jsonb(y) ->> ''role''', filed, member) using thing, heir;
    execute format('update %1$I set %2$I = $2 where %2$I = $1', filed, member) using thing, heir;
    if kind = 'sections' then
        perform section_bequeath(thing, heir, operation, address, request_id);
    end if;
    execute format('update %I set leads_to = $2 where leads_to = $1', aliases) using thing, heir;
    execute format('delete from %I where id = $1 returning slug', kind) into given_up using thing;
    execute format('insert into %I (slug, leads_to, was) values ($1, $2, $3)', aliases) using given_up, heir, thing;
    perform audit_beside(operation, kind, array[heir], '{aliases}', address, request_id);
end $$;

-- merge_tag: what the caller named is another tag.
create function tag_merge(tag uuid, reference json, operation text, address text, request_id text) returns void
language plpgsql as $$
declare
    heir uuid;
begin
    perform filing_alone();
    perform require_reference('tags', reference, '/into');
    heir := filed_as('tags', reference_word(reference));
    perform require(heir <> tag, 'MB422', 'A tag is merged into another one.', json_build_object('errors', json_build_array(
        json_build_object('pointer', '/into', 'detail', 'This is the tag itself.'))));
    perform filing_merge('tags', tag, heir, operation, address, request_id);
    perform audit_changed('{into}');
end $$;

-- Takes something away that nothing uses, or that another replaces.
create function filing_delete(kind text, thing uuid, replacement text, operation text, address text, request_id text)
returns void language plpgsql as $$
declare
    users record;
    heir uuid := filed_as(kind, replacement);
    fault text := case when heir is null then format('There is no %s %s.', rtrim(kind, 's'), to_json(replacement))
                       when heir = thing then 'Nothing replaces itself.' end;
begin
    perform filing_alone();
    if replacement is null then
        select * into users from filing_users(kind, thing);
        if users.total > 0 then
            perform refuse('MB409', 'It is in use: name what replaces it by ?replace_with, or take it out first.',
                           json_build_object('users', users.first_ones, 'users_total', users.total));
        end if;
        execute format('delete from %I where id = $1', kind) using thing;
        return;
    end if;
    perform require(fault is null, 'MB422', fault, json_build_object('errors', json_build_array(
        json_build_object('pointer', '?replace_with', 'detail', fault))));
    perform filing_merge(kind, thing, heir, operation, address, request_id);
end $$;

-- -------------------------------------------------------------------------------------------------- how it reads

create function section_card(section uuid) returns json language sql stable as $$
    select json_build_object('id', id, 'slug', slug, 'name', name) from sections where id = section
$$;

-- From the root down to the one above it.
create function section_parents(section uuid) returns json language sql stable as $$
    with recursive above as (
        select parent_id as id, 1 as steps from sections where id = section
        union all
        select s.parent_id, steps + 1 from above join sections s on s.id = above.id
    )
    select coalesce(json_agg(section_card(id) order by steps desc) filter (where id is not null), '[]') from above
$$;

create function section_children(section uuid) returns json language sql stable as $$
    select coalesce(json_agg(json_build_object('id', id, 'slug', slug, 'name', name) order by position, name, id), '[]')
      from sections
     where parent_id = section
$$;

-- The sections below one, each with those below it; below null the whole tree.
create function section_branch(section uuid) returns json language sql stable as $$
    select coalesce(json_agg(json_build_object('id', id, 'slug', slug, 'name', name, 'description', description,
                                               'position', position, 'children', section_branch(id))
                             order by position, name, id), '[]')
      from sections
     where parent_id = section or (section is null and parent_id is null)
$$;

create function section_document(section uuid) returns json language sql stable as $$
    select json_build_object('id', id, 'version', version, 'slug', slug, 'name', name, 'description', description,
                             'parent', section_card(parent_id), 'position', position,
                             'aliases', (select coalesce(json_agg(a.slug order by a.slug), '[]')
                                           from section_aliases a where a.leads_to = s.id),
                             'created_at', rfc3339(created_at), 'updated_at', rfc3339(updated_at))
      from sections s
     where id = section
$$;

create function tag_document(tag uuid) returns json language sql stable as $$
    select json_build_object('id', id, 'version', version, 'slug', slug, 'name', name, 'kind', kind,
                             'aliases', (select coalesce(json_agg(a.slug order by a.slug), '[]')
                                           from tag_aliases a where a.leads_to = t.id),
                             'created_at', rfc3339(created_at), 'updated_at', rfc3339(updated_at))
      from tags t
     where id = tag
$$;

create function author_document(author uuid) returns json language sql stable as $$
    select json_build_object('id', id, 'version', version, 'slug', slug, 'name', name, 'bio', bio, 'links', links,
                             'image', image,
                             'aliases', (select coalesce(json_agg(a.slug order by a.slug), '[]')
                                           from author_aliases a where a.leads_to = w.id),
                             'created_at', rfc3339(created_at), 'updated_at', rfc3339(updated_at))
      from authors w
     where id = author
$$;

create function filing_last_modified(collection text) returns bigint language sql stable as $$
    select floor(extract(epoch from at))::bigint from filing_changed where kind = collection
$$;

-- Whether a name is what somebody looks for, typed with its accents or as the slug has it. The database may have a
-- language that knows no capital É; ICU's root does.
create function filing_found(name text, slug text, sought text) returns boolean language sql immutable parallel safe as $$
    select sought is null or strpos(lower(name collate "und-x-icu"), lower(sought collate "und-x-icu")) > 0
        or (sought ~ '^[ -~]*[A-Za-z0-9][ -~]*$'
            and strpos(slug, trim('-' from regexp_replace(lower(sought), '[^a-z0-9]+', '-', 'g'))) > 0)
$$;
