-- The desk's list of articles: which of them, and in which order.

-- How many working copies are under some things, as far as it matters for which of two walks is the shorter one: beyond a
-- hundred of each, either will do.
create function desk_listings_count(things uuid[]) returns bigint language plpgsql stable as $$
begin
    return (select count(*)
              from unnest(things) thing,
                   lateral (select from desk_listings where thing_id = thing limit 100) counted);
end $$;

-- A page of what the caller may know of, by its last change. Each way to narrow the list has an index with the status and
-- that time behind it: one of them is walked for each status, no further than a page, and the rest of what was asked is
-- looked at on the way. Where words are looked for, the planner weighs their trigrams against it. Whoever may not see all
-- walks what is theirs. Lists are walked, and what is on the way is looked up one by one; no estimate is good enough a reason
-- to read a table whole, hence the settings.
create function desk_page(statuses text[], section text, author text, assigned uuid, mine boolean, words text,
                          since timestamptz, until timestamptz, oldest_first boolean,
                          after_at timestamptz, after_id uuid, most integer)
returns table (number bigint, article_id uuid) language plpgsql stable
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    sees_all boolean := caller_role() in ('chief', 'admin') or (caller_role() = 'editor' and caller_sections() is null);
    below uuid[] := (select sections_below(id) from filing_resolve('sections', section) id where id is not null);
    writer uuid := (select id from authors where slug = author);
    patterns text[] := array(select '%' || regexp_replace(word, '([\\%_])', '\\\1', 'g') || '%'
                               from regexp_split_to_table(folded(words), '\s+') word where word <> '' order by length(word) desc);
    maker uuid := case when mine or caller_role() = 'contributor' then caller_id() end;
    walked boolean := true; -- articles are, those of the maker, of the assignee, or all
    things uuid[];          -- and in desk_listings those of these
    filed uuid[];
    -- What each walk looks at on its way; not by `exists`, for which the planner may read all listings once to save time later.
    asked constant text := $list$
        ($4 is null or a.assignee = $4)
        and ($5 is null or (select true from desk_listings x where x.article_id = a.id and x.thing_id = any ($5) limit 1))
        and ($6 is null or (select true from desk_listings x where x.article_id = a.id and x.thing_id = $6 limit 1))
        and ($7 or a.created_by = $8
             or (select true from desk_listings x where x.article_id = a.id and x.thing_id = any ($9) limit 1))
        and ($10 is null or %1$s.updated_at >= $10) and ($11 is null or %1$s.updated_at < $11)
        and ($12 is null or (%1$s.updated_at, %2$s) %3$s ($12, $13)) $list$;
    after_that text := case when oldest_first then '>' else '<' end;
begin
    if (section is not null and below is null) or (author is not null and writer is null) then
        return;
    end if;
    if maker is null and assigned is null then
        filed := case when sees_all then below
                      else array(select unnest(caller_sections()) intersect select unnest(coalesce(below, caller_sections()))) end;
        if writer is not null and (filed is null or desk_listings_count(array[writer]) < desk_listings_count(filed)) then
            walked := false;
            things := array[writer];
            writer := null; -- asked for by the walk itself
        elsif sees_all and below is not null then
            walked := false;
            things := below;
            below := null;
        elsif not sees_all then
            things := filed;
            maker := caller_id();
        end if;
    end if;
    return query execute format($list$
        with found as (
            (select w.id, w.updated_at
               from unnest($1) s (status), lateral (
                    select a.id, a.updated_at
                      from articles a
                     where $2 and $16 is null and a.status = s.status and ($3 is null or a.created_by = $3) and %2$s
                     order by a.updated_at %1$s, a.id %1$s
                     limit $14) w)
            union
            (select w.id, w.updated_at
               from unnest($1) s (status), unnest($15) t (thing_id), lateral (
                    select a.id, f.updated_at
                      from desk_listings f join articles a on a.id = f.article_id
                     where $16 is null and f.thing_id = t.thing_id and f.status = s.status and %3$s
                     order by f.updated_at %1$s, f.article_id %1$s
                     limit $14) w)
            union
            (select a.id, a.updated_at
               from articles a join article_contents c on c.id = a.content_id
              where $2 and folded(c.title) like $16 and folded(c.title) like all ($17)
                and a.status = any ($1) and ($3 is null or a.created_by = $3) and %2$s
              order by a.updated_at %1$s, a.id %1$s
              limit $14)
            union
            (select distinct a.id, a.updated_at
               from desk_listings f join articles a on a.id = f.article_id join article_contents c on c.id = a.content_id
              where f.thing_id = any ($15) and folded(c.title) like $16 and folded(c.title) like all ($17)
                and f.status = any ($1) and %2$s
              order by a.updated_at %1$s, a.id %1$s
              limit $14)
        )
        select row_number() over (order by updated_at %1$s, id %1$s), id
          from found
         order by 1
         limit $14
        $list$, case when oldest_first then 'asc' else 'desc' end,
        format(asked, 'a', 'a.id', after_that), format(asked, 'f', 'f.article_id', after_that))
    using coalesce(statuses, array(select from_status from article_transitions
                                   union select to_status from article_transitions)),
          walked, maker, assigned, below, writer, sees_all, caller_id(), caller_sections(), since, until, after_at, after_id,
          most, things, patterns[1], patterns;
end $$;
