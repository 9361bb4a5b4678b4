-- Sections, tags and authors, which are filed and found alike: what a word leads to, in which order their writers lock, and
-- what keeps itself when one changes. `kind` is everywhere the name of the table.

-- What a word leads to: a slug, one of before, an id, or that of something which was merged. Written out for each
-- collection, so that its plan is kept: readers' lists are found by it.
create function filing_resolve(kind text, word text) returns uuid language plpgsql stable as $$
declare
    as_id uuid := as_uuid(word);
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

-- Whether a name is what somebody looks for, typed with its accents or as the slug has it. The database may have a
-- language that knows no capital É; ICU's root does.
create function filing_found(name text, slug text, sought text) returns boolean language sql immutable parallel safe as $$
    select sought is null or strpos(lower(name collate "und-x-icu"), lower(sought collate "und-x-icu")) > 0
        or (sought ~ '^[ -~]*[A-Za-z0-9][ -~]*$'
            and strpos(slug, trim('-' from regexp_replace(lower(sought), '[^a-z0-9]+', '-', 'g'))) > 0)
$$;

-- ------------------------------------------------------------------------------------------------------- locks

-- The advisory lock of a collection's writers: taken before any row is locked, so that no two wait for each other.
create function filing_lock_collection(kind text) returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtext(kind));
end $$;

-- Whoever files something by references holds this, and what they refer to stays; many may at once.
create function references_lock_shared() returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock_shared(hashtext('marbre.references'));
end $$;

-- Whoever takes something away is alone: what is being filed is finished first, and what comes finds it gone.
create function references_lock_exclusive() returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtext('marbre.references'));
end $$;

create function filing_lock_writers() returns trigger language plpgsql as $$
begin
    perform filing_lock_collection(tg_table_name);
    if tg_op = 'DELETE' then
        perform references_lock_exclusive();
    end if;
    return null;
end $$;

create or replace trigger filing_lock_writers before insert or update or delete on sections
    for each statement execute function filing_lock_writers();
create or replace trigger filing_lock_writers before insert or update or delete on tags
    for each statement execute function filing_lock_writers();
create or replace trigger filing_lock_writers before insert or update or delete on authors
    for each statement execute function filing_lock_writers();

-- ---------------------------------------------------------------------------------------------- what keeps itself

-- A slug that is given up leads on; one that is taken leads nowhere else.
create function filing_keep_alias() returns trigger language plpgsql as $$
declare
    aliases text := rtrim(tg_table_name, 's') || '_aliases';
begin
    if tg_op = 'UPDATE' and old.slug = new.slug then
        return null;
    end if;
    execute format('delete from %I where slug = $1', aliases) using new.slug;
    if tg_op = 'UPDATE' then
        execute format('insert into %I (slug, leads_to) values ($1, $2)'
                       ' on conflict (slug) do update set leads_to = excluded.leads_to, was = null', aliases)
          using old.slug, new.id;
    end if;
    return null;
end $$;

create or replace trigger filing_keep_alias after insert or update on sections
    for each row execute function filing_keep_alias();
create or replace trigger filing_keep_alias after insert or update on tags
    for each row execute function filing_keep_alias();
create or replace trigger filing_keep_alias after insert or update on authors
    for each row execute function filing_keep_alias();
