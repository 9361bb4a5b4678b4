-- Nothing is planned again at each call, cards are written in one place, and what an editor chose to go with an article
-- comes first.

-- ------------------------------------------------------------------------------------------------- planned once

-- A function in SQL is planned whenever it is called, unless it is put into the statement that calls it. Their bodies call
-- what is stable, so as immutable ones these two could not be.
alter function rfc3339(timestamptz) stable;
alter function json_with(json, text, json) stable;

-- The others have queries of their own and cannot be put in at all. PL/pgSQL keeps the plans of the same bodies for as long
-- as a connection lives: a save of six kilobytes takes a fifth of the time.
do $do$
declare
    of record;
begin
    for of in
        select pg_get_function_arguments(p.oid) as arguments,
               pg_get_function_result(p.oid) as result, rtrim(p.prosrc, E' \n;') as body, p.proname as name,
               case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end as volatility
          from pg_proc p
         where p.pronamespace = 'marbre'::regnamespace and p.prolang = (select oid from pg_language where lanname = 'sql')
           and p.proname in (
               'account_card', 'account_document', 'account_section_cards', 'api_key_document', 'article_actions',
               'article_changed_since', 'article_file', 'article_has_changes', 'article_is_public', 'article_published_at',
               'article_was_public', 'audit_record', 'author_document', 'caller_edits', 'content_changes', 'filing_last_modified',
               'image_patched', 'publication_file', 'reference_faults', 'references_of', 'related_cards',
               'require_article', 'require_references', 'require_seen', 'resolve_assignee', 'section_branch', 'section_card',
               'section_children', 'section_document', 'section_parents', 'sections_below', 'sections_of_account', 'seo_patched',
               'tag_document', 'unresolved_references')
    loop
        execute format('create or replace function %I(%s) returns %s language plpgsql %s as %L',
                       of.name, of.arguments, of.result, of.volatility,
                       E'\n#variable_conflict use_column\nbegin\n'
                       || case when of.result like 'SETOF%' then 'return query ' || of.body
                               when of.result <> 'void' then 'return (' || of.body || E'\n)'
                               when of.body ~* '^\s*(delete|insert)' then of.body
                               else 'perform * from (' || of.body || E'\n) done' end
                       || E';\nend ');
    end loop;
end $do$;

-- ------------------------------------------------------------------------------------------------------- reading

drop function related_public(bigint, timestamptz, text), related_until(bigint, timestamptz), related_keys(bigint);
drop function delivery_related(publications, timestamptz, integer);
drop function delivery_few(uuid[]);

-- Ids of the words of one kind; those that nothing is called, or was, are left out. Null for no words at all.
create or replace function delivery_keys(kind text, words text[]) returns uuid[] language plpgsql stable as $$
begin
    if words is null then
        return null;
    end if;
    return (select coalesce(array_agg(distinct id), '{}')
              from unnest(words) word, filed_as(kind, word) id
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
                                   from (select published_at from filings
                                          where key = under and published_at <= moment
                                          order by published_at desc limit looked_at) newest) list);
end $$;

-- Whether what is walked is under another key as well. Looked up one by one (offset 0 keeps the planner from reading the
-- other list whole), before its publication is.
create or replace function delivery_has(what text) returns text language sql immutable as $$
    select format('exists (select from filings o where o.key %s and o.published_at = f.published_at'
                  ' and o.article_id = f.article_id and o.publication_id = f.publication_id offset 0)', what)
$$;

create or replace function delivery_plan(filter delivery_filter) returns delivery_plan language plpgsql stable as $$
declare
    plan delivery_plan;
    asked integer;
begin
    plan.sections := delivery_keys('sections', filter.sections);
    plan.tags := delivery_keys('tags', filter.tags);
    plan.all_tags := delivery_keys('tags', filter.all_tags);
    plan.authors := delivery_keys('authors', filter.authors);
    plan.nothing := coalesce(plan.sections = '{}' or plan.tags = '{}' or plan.authors = '{}', false)
                 or (filter.all_tags is not null
                     and exists (select from unnest(filter.all_tags) word where filed_as('tags', word) is null));
    asked := num_nonnulls(plan.sections, plan.tags, plan.authors) + coalesce(cardinality(plan.all_tags), 0);
    if asked = 1 then
        plan.driver := coalesce(plan.sections, plan.tags, plan.authors, plan.all_tags);
    elsif asked > 1 then
        select keys into plan.driver
          from (select keys, rank from (values (plan.authors, 1), (plan.tags, 2), (plan.sections, 3)) groups (keys, rank)
                 where keys is not null
                union all
                select array[key], 0 from unnest(plan.all_tags) key) groups
         order by delivery_density(keys, filter.moment), rank limit 1;
    end if;
    -- What opens later stands before all that is open, and is stepped over.
    plan.conditions := 'not p.past and p.during @> $2 and f.published_at <= $2'
        || case when filter.since is not null then ' and f.published_at >= $3' else '' end
        || case when filter.until is not null then ' and f.published_at < $4' else '' end
        || case when filter.lang is not null then ' and p.lang = $5' else '' end
        || case when filter.ids is not null then ' and p.article_id = any($6)' else '' end;
    -- A group that is walked need not be looked for as well.
    plan.conditions := plan.conditions
        || case when asked > 1 and plan.sections is distinct from plan.driver and plan.sections is not null
                then ' and ' || delivery_has('= any($7)') else '' end
        || case when asked > 1 and plan.tags is distinct from plan.driver and plan.tags is not null
                then ' and ' || delivery_has('= any($8)') else '' end
        || case when asked > 1 and plan.authors is distinct from plan.driver and plan.authors is not null
                then ' and ' || delivery_has('= any($9)') else '' end
        || case when asked > 1 and plan.all_tags is not null
                then format(' and not exists (select from unnest($10) k where not %s)', delivery_has('= k')) else '' end;
    return plan;
end $$;

-- A page of what is asked for: one more than `wanted`, where there are so many. It walks the driver's lists, or all, or
-- those of a language, in the order of the index, and stops.
create or replace function delivery_page(filter delivery_filter, oldest_first boolean, after_at timestamptz, after_id uuid,
                                         wanted integer)
returns table (publication_id bigint, published_at timestamptz, article_id uuid) language plpgsql stable rows 20 as $$
declare
    plan delivery_plan := delivery_plan(filter);
    in_order text := format(' order by published_at %1$s, article_id %1$s limit $13',
                            case when oldest_first then 'asc' else 'desc' end);
    conditions text := ' where ' || plan.conditions
                    || case when after_at is null then ''
                            when oldest_first then ' and (f.published_at, f.article_id) > ($11, $12)'
                            else ' and (f.published_at, f.article_id) < ($11, $12)' end;
    list constant text := 'select p.id, f.published_at, f.article_id from filings f join publications p on p.id = f.publication_id';
    query text;
begin
    if plan.nothing then
        return;
    elsif plan.driver is null then
        query := 'select p.id, f.published_at, f.article_id'
              || ' from publications p, lateral (select p.published_at, p.article_id) f' || conditions || in_order;
    elsif cardinality(plan.driver) = 1 then
        query := list || conditions || ' and f.key = $1[1]' || in_order;
    else
        query := 'select distinct x.id, x.published_at, x.article_id from unnest($1) walked cross join lateral ('
              || list || conditions || ' and f.key = walked' || in_order || ') x' || in_order;
    end if;
    return query execute query using plan.driver, filter.moment, filter.since, filter.until, filter.lang, filter.ids,
        plan.sections, plan.tags, plan.authors, plan.all_tags, after_at, after_id, wanted + 1;
end $$;

-- Seconds until something opens or closes to readers, of anything; null where nothing is to come.
create or replace function delivery_fresh_for(moment timestamptz) returns double precision language plpgsql stable as $$
begin
    return (select extract(epoch from min(next.at) - moment)
              from ((select lower(during) as at from publications
                      where not past and lower(during) > moment order by 1 limit 1)
                    union all
                    (select upper(during) from publications
                      where not past and not upper_inf(during) and upper(during) > moment order by 1 limit 1)) next);
end $$;

-- What else a reader of an article may like: what its editor chose, in that order; then what is found under the same tags,
-- sections and authors, most in common first, the newest of them first. Each list is read for a few only.
create function delivery_related(asked publications, moment timestamptz, wanted integer) returns bigint[]
language plpgsql stable as $$
begin
    return array(
        with chosen as (
            select p.id, p.article_id, x.position
              from article_related x
              join publications p on p.article_id = x.article_id and not p.past and p.during @> moment
             where x.content_id = asked.content_id
        ), near as (
            select p.id, p.article_id, count(*) as common, p.published_at
              from filing_keys(asked.content_id) filed (under)
             cross join lateral (select f.publication_id from filings f
                                  where f.key = filed.under and f.published_at <= moment
                                  order by f.published_at desc, f.article_id desc
                                  limit 20) few
             cross join lateral (select * from publications p
                                  where p.id = few.publication_id and p.during @> moment
                                 offset 0) p -- looked up one by one, whatever the planner thinks of the number
             where p.article_id <> asked.article_id
             group by p.id, p.article_id, p.published_at
        )
        select id
          from (select id, 0 as rank, position, 0 as common, null::timestamptz as published_at from chosen
                union all
                select id, 1, 0, common, published_at from near
                 where article_id not in (select article_id from chosen)) found
         order by rank, position, common desc, published_at desc
         limit wanted);
end $$;

-- What an editor chose to go with a content, as readers can see it at a moment; and when that changes by itself.
create function related_cards_public(content bigint, moment timestamptz, template text) returns json
language plpgsql stable as $$
begin
    return (select coalesce(json_agg(json_build_object('id', p.article_id, 'slug', c.slug, 'title', c.title,
                                                       'url', article_url(template, c.slug)) order by x.position), '[]')
              from article_related x
              join publications p on p.article_id = x.article_id and not p.past and p.during @> moment
              join article_contents c on c.id = p.content_id
             where x.content_id = content);
end $$;

create function related_until(content bigint, moment timestamptz) returns timestamptz language plpgsql stable as $$
begin
    return (select min(bound)
              from article_related x
              join publications p on p.article_id = x.article_id and not p.past,
                   lateral (values (lower(p.during)), (upper(p.during))) bounds (bound)
             where x.content_id = content and bound > moment);
end $$;

-- Articles as readers' lists show them, in the order of these publications, with what `include` asks for beside it; and
-- when readers could see the newest of them.
create function article_cards(shown bigint[], moment timestamptz, template text, include text[] default null)
returns table (cards json, changed_at timestamptz) language plpgsql stable rows 1 as $$
begin
    return query
    select coalesce(json_agg(item.card order by number), '[]'), max(lower(p.during))
      from unnest(shown) with ordinality page (id, number)
      join publications p on p.id = page.id
      join contents c on c.id = p.content_id
     cross join lateral (
          select json_build_object(
                     'id', p.article_id, 'lang', c.lang, 'slug', c.slug, 'kicker', c.kicker, 'title', c.title,
                     'standfirst', c.standfirst, 'teaser', coalesce(c.teaser, c.standfirst), 'image', c.image,
                     'sections', c.sections, 'tags', c.tags,
                     'authors', case when 'author_bios' = any(include) then c.authors_with_bios else c.authors end,
                     'no_sponsorship', c.no_sponsorship,
                     'excerpt', c.excerpt, 'word_count', c.word_count, 'reading_minutes', c.reading_minutes,
                     'url', article_url(template, c.slug),
                     'published_at', rfc3339(p.published_at), 'updated_at', rfc3339(lower(p.during))) as plain) made
     cross join lateral (
          select json_with(json_with(made.plain, 'related', case when 'related' = any(include)
                                                                 then related_cards_public(c.id, moment, template) end),
                           'body', case when 'body' = any(include) then c.body end) as card) item;
end $$;

-- The newest articles under a section (with those below it), tag or author, for its page, where `include` asks for them;
-- else a row of nulls. `fresh_for` in seconds.
create function newest_articles(include text[], kind text, thing uuid, template text)
returns table (cards json, last_modified bigint, fresh_for double precision, keys text) language plpgsql stable rows 1 as $$
declare
    filter delivery_filter;
begin
    if 'articles' = any(include) then
        filter.moment := clock_timestamp();
        filter.sections := case when kind = 'sections' then array[thing] end;
        filter.tags := case when kind = 'tags' then array[thing] end;
        filter.authors := case when kind = 'authors' then array[thing] end;
        return query
        select c.cards, floor(extract(epoch from c.changed_at))::bigint, delivery_fresh_for(filter.moment), ' list:articles'
          from article_cards(array(select publication_id from delivery_page(filter, false, null, null, 20) limit 20),
                             filter.moment, template) c;
    else
        return query values (null::json, null::bigint, null::double precision, '');
    end if;
end $$;

-- How many working copies are under some things, as far as it matters for which of two walks is the shorter one: beyond a
-- hundred of each, either will do.
create or replace function filings_of(things uuid[]) returns bigint language plpgsql stable as $$
begin
    return (select count(*)
              from unnest(things) thing,
                   lateral (select from article_filings where thing_id = thing limit 100) counted);
end $$;

-- From a content to what has it: for titles that are looked for, and before a content goes.
create index articles_of_content on articles (content_id);
create index article_versions_of_content on article_versions (content_id);

-- Lists are walked, and what is on the way is looked up one by one; no estimate is good enough a reason to read a table whole.
alter function desk_page set enable_seqscan = off;
alter function desk_page set enable_hashjoin = off;
alter function desk_page set enable_mergejoin = off;
alter function delivery_page set enable_seqscan = off;
alter function delivery_page set enable_hashjoin = off;
alter function delivery_page set enable_mergejoin = off;
