-- Slugs of sections, tags and authors: one that was wanted is taken or refused, one that is made gets the first free number.

-- The slug with a number behind it, within its length: 1 gives the slug itself, 2 gives `slug-2`.
create function slug_candidate(base text, number integer) returns text language sql immutable parallel safe as $$
    select case when number = 1 then base
                else rtrim(left(base, 119 - length(number::text)), '-') || '-' || number::text end
$$;

-- The slug that was wanted, or a refusal; else the one made from the name, with the first free number.
create function free_slug(kind text, wanted text, made text, out slug text) language plpgsql as $$
declare
    taken boolean;
    number integer := 0;
begin
    perform filing_lock_collection(kind); -- `x` twice and `x-2` by choice meet in one slug, too
    loop
        number := number + 1;
        slug := coalesce(wanted, slug_candidate(made, number));
        execute format('select exists (select from %I where slug = $1)', kind) into taken using slug;
        exit when not taken;
        if wanted is not null then
            perform refuse('MB409', format('The slug %s is taken.', wanted),
                           error_at('/slug', 'This slug is taken; choose another.'));
        end if;
    end loop;
end $$;

-- A slug that something else has is refused; an alias may be taken.
create function require_free_slug(kind text, thing uuid, wanted text) returns void language plpgsql as $$
declare
    taken boolean;
begin
    execute format('select exists (select from %I where slug = $1 and id <> $2)', kind) into taken using wanted, thing;
    perform require(not taken, 'MB409', format('The slug %s is taken.', wanted),
                    error_at('/slug', 'This slug is taken; choose another.'));
end $$;
