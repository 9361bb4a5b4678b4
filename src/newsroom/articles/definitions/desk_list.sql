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
-- to read a table whole, hence the settings. A function, since its text is made of what was asked.
create function desk_page(statuses text[], section text, author text, assigned uuid, mine boolean, words text,
                          since timestamptz, until timestamptz, oldest_first boolean,
                          after_at timestamptz, after_id uuid, most integer)
returns table (number bigint, article_id uuid) language plpgsql stable rows 50
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    sees_all boolean := caller_role() in ('chief', 'admin') or (caller_role() = 'editor' and caller_sections() is null);
    below uuid[] := (select sections_below(id) from filing_resolve('sections', section) id where id is not null);
    writer uuid := (select id from authors where slug = author);
    maker uuid := case when mine or caller_role() = 'contributor' then caller_id() end;
    walks_articles boolean := true; -- all of them, or those of the maker
    things uuid[];                  -- and the listings of these sections, or of this author
    filed uuid[];                   -- the sections that may be walked, whether they are or not
begin
    if (section is not null and below is null) or (author is not null and writer is null) then
        return;
    end if;
    if maker is null and assigned is null then
        filed := case when sees_all then below
                      else array(select unnest(caller_sections()) intersect select unnest(coalesce(below, caller_sections()))) end;
        if writer is not null and (filed is null or desk_listings_count(array[writer]) < desk_listings_count(filed)) then
            walks_articles := false;
            things := array[writer];
            writer := null; -- asked for by the walk itself
        elsif sees_all and below is not null then
            walks_articles := false;
            things := below;
            below := null;
        elsif not sees_all then
            things := filed;
            maker := caller_id();
        end if;
    end if;
    return query execute desk_query(
        statuses => coalesce(statuses, array(select from_status from article_transitions
                                             union select to_status from article_transitions)),
        walks_articles => walks_articles, maker => maker, things => things, words => words, oldest_first => oldest_first,
        most => most,
        -- What each walk looks at on its way; not by `exists`, for which the planner may read all listings once to save time
        -- later.
        asked => coalesce(' and a.assignee = ' || quote_literal(assigned), '')
              || coalesce(' and ' || desk_listed(below), '')
              || coalesce(' and ' || desk_listed(array[writer]), '')
              || case when sees_all then ''
                      else format(' and (a.created_by = %L or %s)', caller_id(), coalesce(desk_listed(caller_sections()), 'false')) end
              || coalesce(' and f.updated_at >= ' || quote_literal(since), '')
              || coalesce(' and f.updated_at < ' || quote_literal(until), '')
              || case when after_at is null then ''
                      else format(' and (f.updated_at, f.article_id) %s (%L::timestamptz, %L::uuid)',
                                  case when oldest_first then '>' else '<' end, after_at, after_id) end);
end $$;

-- A condition as SQL: whether the article `a` is under one of some things. Null for none.
create function desk_listed(things uuid[]) returns text language sql stable as $$
    select '(select true from desk_listings x where x.article_id = a.id and x.thing_id = any (' || quote_literal(things)
           || ') limit 1)'
     where array_remove(things, null) <> '{}'
$$;

-- The text of the desk's query: a page of articles, or of listings, or of both, of each status. Rows are a (articles) and f
-- (updated_at, article_id, and of listings thing_id and status); `asked` is what else has to hold of them.
create function desk_query(statuses text[], walks_articles boolean, maker uuid, things uuid[], words text, oldest_first boolean,
                           most integer, asked text) returns text language plpgsql stable as $$
declare
    articles constant text := 'articles a cross join lateral (select a.id as article_id, a.updated_at) f';
    listings constant text := 'desk_listings f join articles a on a.id = f.article_id';
    in_order text := format(' order by updated_at %1$s, article_id %1$s limit %2$s',
                            case when oldest_first then 'asc' else 'desc' end, most);
    of_maker text := coalesce(' and a.created_by = ' || quote_literal(maker), '');
    titles text := (select string_agg(' and folded(c.title) like '
                                      || quote_literal('%' || regexp_replace(word, '([\\%_])', '\\\1', 'g') || '%'),
                                      '' order by length(word) desc)
                      from regexp_split_to_table(folded(words), '\s+') word
                     where word <> '');
    walks text[];
begin
    if titles is null then -- walked for each status and thing
        walks := array[
            case when walks_articles then format(
                'select w.* from unnest(%L::text[]) s (status), lateral (select f.article_id, f.updated_at from %s'
                ' where a.status = s.status%s%s) w', statuses, articles, of_maker || asked, in_order) end,
            case when things is not null then format(
                'select w.* from unnest(%L::text[]) s (status), unnest(%L::uuid[]) t (thing), lateral ('
                'select f.article_id, f.updated_at from %s where f.status = s.status and f.thing_id = t.thing%s%s) w',
                statuses, things, listings, asked, in_order) end];
    else
        walks := array[
            case when walks_articles then format(
                'select f.article_id, f.updated_at from %s join article_contents c on c.id = a.content_id'
                ' where a.status = any (%L)%s%s', articles, statuses, titles || of_maker || asked, in_order) end,
            case when things is not null then format(
                'select distinct f.article_id, f.updated_at from %s join article_contents c on c.id = a.content_id'
                ' where f.status = any (%L) and f.thing_id = any (%L)%s%s', listings, statuses, things, titles || asked,
                in_order) end];
    end if;
    -- An article is found by each thing that it is under.
    return format('select row_number() over (order by updated_at %1$s, article_id %1$s), article_id'
                  ' from (select distinct article_id, updated_at from ((%2$s)) w) found order by 1 limit %3$s',
                  case when oldest_first then 'asc' else 'desc' end,
                  array_to_string(array_remove(walks, null), ') union all ('), most);
end $$;
