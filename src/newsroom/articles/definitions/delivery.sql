-- Readers' lists of articles. A filter names sections, tags and authors, which each have a list in public_listings, sorted by
-- time. One list is walked, from its end, no further than a page; whether an article is in the others is looked up on the way.

-- What a reader asks for: several words of one kind are alternatives, kinds and `all_tags` are all meant.
create type delivery_filter as (
    moment timestamptz, -- at which it has to be public
    sections text[], tags text[], all_tags text[], authors text[],
    ids uuid[], lang text, since timestamptz, until timestamptz
);

-- How that is found, as SQL with its values written out: what is walked, and which conditions hold for what is on the way.
create type delivery_walk as (
    nothing    boolean, -- a word that nothing is called: no article has it
    keys       uuid[],  -- whose lists are walked; null: all publications are
    source     text,    -- of rows p (publications) and f (published_at, article_id, publication_id and, of a list, key)
    conditions text
);

-- Ids of the words of one kind; those that nothing is called, or was, are left out. Null for no words at all.
create function delivery_keys(kind text, words text[]) returns uuid[] language plpgsql stable as $$
begin
    if words is null then
        return null;
    end if;
    return (select coalesce(array_agg(distinct id), '{}')
              from unnest(words) word, filing_resolve(kind, word) id
             where id is not null);
end $$;

-- How close together the newest articles under some keys stand, in articles a second, by the first few of each; next to
-- nothing for a list that ends before that. The list that is thinner is the one to walk.
create function delivery_density(keys uuid[], moment timestamptz) returns double precision language plpgsql stable as $$
declare
    looked_at constant integer := 50;
begin
    return (select sum(case when number < looked_at then number / 1e12
                            else number / greatest(extract(epoch from moment - oldest), 1e-6) end)
              from unnest(keys) under
             cross join lateral (select count(*) as number, min(published_at) as oldest
                                   from (select published_at from public_listings
                                          where key = under and published_at <= moment
                                          order by published_at desc limit looked_at) newest) list);
end $$;

-- The keys that each group of words stands for, thinnest list first: an article has to be under one of each group. A single
-- group needs no weighing.
create function delivery_groups(filter delivery_filter) returns table (keys uuid[]) language plpgsql stable rows 3 as $$
begin
    return query
    with groups (keys, rank) as (
        select delivery_keys('tags', array[word]), 0 from (select distinct unnest(filter.all_tags)) words (word)
        union all
        values (delivery_keys('authors', filter.authors), 1), (delivery_keys('tags', filter.tags), 2),
               (delivery_keys('sections', filter.sections), 3)
    )
    select g.keys
      from groups g
     where g.keys is not null
     order by case when count(*) over () > 1 then delivery_density(g.keys, filter.moment) end, g.rank;
end $$;

-- The walk for a filter. What opens later stands before all that is open, and is stepped over. Whether what is walked is under
-- another key as well is looked up one by one (offset 0 keeps the planner from reading that list whole), before its
-- publication is.
create function delivery_walk_for(filter delivery_filter) returns delivery_walk language plpgsql stable as $$
declare
    walk delivery_walk;
    listed record;
begin
    walk.nothing := false;
    walk.source := 'publications p cross join lateral (select p.published_at, p.article_id, p.id as publication_id) f';
    walk.conditions := format('not p.past and p.during @> %1$L::timestamptz and f.published_at <= %1$L', filter.moment)
        || coalesce(' and f.published_at >= ' || quote_literal(filter.since), '')
        || coalesce(' and f.published_at < ' || quote_literal(filter.until), '')
        || coalesce(' and p.lang = ' || quote_literal(filter.lang), '')
        || coalesce(' and p.article_id = any (' || quote_literal(filter.ids) || ')', '');
    for listed in select keys from delivery_groups(filter) loop
        if listed.keys = '{}' then
            walk.nothing := true;
            return walk;
        elsif walk.keys is null then
            walk.keys := listed.keys;
            walk.source := 'public_listings f join publications p on p.id = f.publication_id';
        else
            walk.conditions := walk.conditions || format(
                ' and exists (select from public_listings o where o.key = any (%L) and o.published_at = f.published_at'
                ' and o.article_id = f.article_id and o.publication_id = f.publication_id offset 0)', listed.keys);
        end if;
    end loop;
    return walk;
end $$;

-- A page of what is asked for: one more than `wanted`, where there are so many. It walks in the order of the index, and stops.
-- No estimate is good enough a reason to read a table whole or out of order, hence the settings.
create function delivery_page(filter delivery_filter, oldest_first boolean, after_at timestamptz, after_id uuid, wanted integer)
returns table (publication_id bigint, published_at timestamptz, article_id uuid) language plpgsql stable rows 20
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    walk delivery_walk := delivery_walk_for(filter);
    list text := 'select p.id, f.published_at, f.article_id from ' || walk.source || ' where ' || walk.conditions;
    in_order text := format(' order by published_at %1$s, article_id %1$s limit %2$s',
                            case when oldest_first then 'asc' else 'desc' end, wanted + 1);
begin
    if walk.nothing then
        return;
    end if;
    if after_at is not null then
        list := list || format(' and (f.published_at, f.article_id) %s (%L::timestamptz, %L::uuid)',
                               case when oldest_first then '>' else '<' end, after_at, after_id);
    end if;
    if walk.keys is null then
        return query execute list || in_order;
    elsif cardinality(walk.keys) = 1 then
        return query execute list || format(' and f.key = %L', walk.keys[1]) || in_order;
    else -- each list no further than a page, and of these a page
        return query execute format('select distinct x.id, x.published_at, x.article_id from unnest(%L::uuid[]) walked'
                                    ' cross join lateral (%s) x', walk.keys, list || ' and f.key = walked' || in_order)
                          || in_order;
    end if;
end $$;

-- How many there are: `exact`, or `estimated` by the planner where there are more than a thousand. A function, since its text
-- is made of what was asked.
create function delivery_count(filter delivery_filter, how text) returns bigint language plpgsql as $$
declare
    walk delivery_walk := delivery_walk_for(filter);
    query text := 'select distinct p.article_id from ' || walk.source || ' where ' || walk.conditions
               || coalesce(' and f.key = any (' || quote_literal(walk.keys) || ')', '');
    found bigint;
    guess json;
begin
    if how is null or walk.nothing then
        return case when how is not null then 0 end;
    end if;
    execute format('select count(*) from (%s %s) counted', query, case how when 'estimated' then 'limit 1001' else '' end)
       into found;
    if how = 'exact' or found <= 1000 then
        return found;
    end if;
    execute 'explain (format json) ' || query into guess;
    return greatest(found, (guess -> 0 -> 'Plan' ->> 'Plan Rows')::numeric::bigint);
end $$;
