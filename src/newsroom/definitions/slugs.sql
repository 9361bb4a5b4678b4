-- Slugs of sections, tags and authors: one that was wanted is taken or refused, one that is made gets the first free number. What
-- something has given up leads on to it for ever: that is free to nothing else.

-- The slug with a number behind it, within its length: 1 gives the slug itself, 2 gives `slug-2`.
create function slug_candidate(base text, number integer) returns text language sql immutable parallel safe as $$
    select case when number = 1 then base
                else rtrim(left(base, 119 - length(number::text)), '-') || '-' || number::text end
$$;

-- What a slug is, or was: the thing that it leads to, and the slug of that; no row where it is free.
create function slug_holder(kind text, wanted text, out id uuid, out slug text) returns setof record language plpgsql stable as $$
begin
    return query execute format('select id, slug::text from %1$I where slug = $1'
                                ' union all select x.id, x.slug::text from %2$I a join %1$I x on x.id = a.leads_to where a.slug = $1',
                                kind, rtrim(kind, 's') || '_aliases') using wanted;
end $$;

create function refuse_slug(wanted text, holder text) returns void language plpgsql as $$
begin
    perform refuse('MB409', case when holder = wanted then format('The slug %s is taken.', wanted)
                                 else format('The slug %s leads to %s, which had it before.', wanted, holder) end,
                   error_at('/slug', case when holder = wanted then 'This slug is taken; choose another.'
                                          else format('This slug leads to %s, which had it before; choose another.', holder) end));
end $$;

-- The slug that was wanted, or a refusal; else the one made from the name, with the first free number.
create function free_slug(kind text, wanted text, made text, out slug text) language plpgsql as $$
declare
    holder text;
    number integer := 0;
begin
    perform filing_lock_collection(kind); -- `x` twice and `x-2` by choice meet in one slug, too
    loop
        number := number + 1;
        slug := coalesce(wanted, slug_candidate(made, number));
        holder := (select h.slug from slug_holder(kind, free_slug.slug) h);
        exit when holder is null;
        if wanted is not null then
            perform refuse_slug(wanted, holder);
        end if;
    end loop;
end $$;

-- A slug that something else has or had is refused; one's own of before is taken back.
create function require_free_slug(kind text, thing uuid, wanted text) returns void language plpgsql as $$
begin
    perform refuse_slug(wanted, h.slug) from slug_holder(kind, wanted) h where h.id <> thing;
end $$;
