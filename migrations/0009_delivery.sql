-- What readers find public articles under: a list for each section (and those above it), tag and author, so that a page
-- reads only its own, whatever it is a page of.

drop trigger publication_list on publications;
drop function publication_list();
drop table publication_sections;

-- Of a public article, each thing that it is found under. `key` is the id of a section, tag or author.
create table filings (
    key            uuid not null,
    published_at   timestamptz not null,
    article_id     uuid not null,
    publication_id bigint not null references publications on delete cascade,
    primary key (key, published_at, article_id, publication_id)
);
create index filings_of_publication on filings (publication_id);

alter table publications add column lang text;
update publications p set lang = c.lang from article_contents c where c.id = p.content_id;
alter table publications alter lang set not null;
create index publications_newest_of_lang on publications (lang, published_at desc, article_id desc) where not past;
create index publications_of_content on publications (content_id);

create function filing_keys(content bigint) returns setof uuid language sql stable as $$
    with recursive filed as (
        select section_id as id from article_sections where content_id = content
        union
        select s.parent_id from filed f join sections s on s.id = f.id where s.parent_id is not null
    )
    select id from filed
    union select tag_id from article_tags where content_id = content
    union select author_id from article_authors where content_id = content
$$;

create function publication_file(publication publications) returns void language sql as $$
    delete from filings where publication_id = publication.id;
    insert into filings (key, published_at, article_id, publication_id)
    select key, publication.published_at, publication.article_id, publication.id
      from filing_keys(publication.content_id) key
     where not publication.past
$$;

create function publication_lang() returns trigger language plpgsql as $$
begin
    select lang into new.lang from article_contents where id = new.content_id;
    return new;
end $$;
create trigger publication_lang before insert or update of content_id on publications
    for each row execute function publication_lang();

create function publication_filed() returns trigger language plpgsql as $$
begin
    perform publication_file(new);
    return null;
end $$;
create trigger publication_filed after insert or update of content_id, published_at, past on publications
    for each row execute function publication_filed();

-- A section that moves takes its articles along: out of the lists of what was above it, into those of what is.
create function section_moved() returns trigger language plpgsql as $$
begin
    perform publication_file(p)
       from publications p
      where p.id in (select publication_id from filings where key = new.id);
    return null;
end $$;
create trigger section_moved after update of parent_id on sections
    for each row when (old.parent_id is distinct from new.parent_id) execute function section_moved();

-- What is filed otherwise after it was published (a tag that was merged into another) is found otherwise.
create function references_moved() returns trigger language plpgsql as $$
begin
    perform publication_file(p)
       from publications p
      where p.content_id in (select content_id from old_rows) and not p.past;
    return null;
end $$;
create trigger references_moved after update on article_sections referencing old table as old_rows
    for each statement execute function references_moved();
create trigger references_moved after update on article_tags referencing old table as old_rows
    for each statement execute function references_moved();
create trigger references_moved after update on article_authors referencing old table as old_rows
    for each statement execute function references_moved();
create trigger references_removed after delete on article_sections referencing old table as old_rows
    for each statement execute function references_moved();
create trigger references_removed after delete on article_tags referencing old table as old_rows
    for each statement execute function references_moved();
create trigger references_removed after delete on article_authors referencing old table as old_rows
    for each statement execute function references_moved();

select publication_file(p) from publications p where not p.past;

-- --------------------------------------------------------------------------------------------------- lists

-- What a reader asks for: several words of one kind are alternatives, kinds and `all_tags` are all meant.
create type delivery_filter as (
    moment timestamptz, -- at which it has to be public
    sections text[], tags text[], all_tags text[], authors text[],
    ids uuid[], lang text, since timestamptz, until timestamptz
);

-- Ids of the words of one kind; those that nothing is called, or was, are left out.
create function delivery_keys(kind text, words text[]) returns uuid[] language sql stable as $$
    select case when words is not null
                then (select coalesce(array_agg(distinct id), '{}') from unnest(words) word, filed_as(kind, word) id where id is not null)
           end
$$;

-- The same filter with ids, the list to walk (`driver`: of the groups that are asked for, the one with the fewest
-- articles), and the conditions of the others, for p (publications) and f (whatever has published_at and article_id).
create type delivery_plan as (
    nothing boolean, -- a word that nothing is called: no article has it
    driver uuid[], sections uuid[], tags uuid[], all_tags uuid[], authors uuid[], conditions text
);

create function delivery_few(keys uuid[]) returns bigint language sql stable as $$
    select count(*) from (select from filings where key = any(keys) limit 1000) few
$$;

create function delivery_plan(filter delivery_filter) returns delivery_plan language plpgsql stable as $$
declare
    plan delivery_plan;
    asked integer;
begin
    plan.sections := delivery_keys('sections', filter.sections);
    plan.tags := delivery_keys('tags', filter.tags);
    plan.all_tags := delivery_keys('tags', filter.all_tags);
    plan.authors := delivery_keys('authors', filter.authors);
    plan.nothing := plan.sections = '{}' or plan.tags = '{}' or plan.authors = '{}'
                 or exists (select from unnest(filter.all_tags) word where filed_as('tags', word) is null);
    select count(*) into asked
      from (values (plan.sections), (plan.tags), (plan.authors)) groups (keys) where keys is not null;
    asked := asked + coalesce(cardinality(plan.all_tags), 0);
    if asked = 1 then
        plan.driver := coalesce(plan.sections, plan.tags, plan.authors, plan.all_tags);
    elsif asked > 1 then
        select keys into plan.driver
          from (select keys, rank from (values (plan.authors, 1), (plan.tags, 2), (plan.sections, 3)) groups (keys, rank)
                 where keys is not null
                union all
                select array[key], 0 from unnest(plan.all_tags) key) groups
         order by delivery_few(keys), rank limit 1;
    end if;
    plan.conditions := 'not p.past and p.during @> $2'
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

create function delivery_has(what text) returns text language sql immutable as $$
    select format('exists (select from filings o where o.key %s and o.published_at = f.published_at'
                  ' and o.article_id = f.article_id and o.publication_id = p.id)', what)
$$;

-- A page of what is asked for: one more than `wanted`, where there are so many. It walks the driver's lists, or all, or
-- those of a language, in the order of the index, and stops.
create function delivery_page(filter delivery_filter, oldest_first boolean, after_at timestamptz, after_id uuid, wanted integer)
returns table (publication_id bigint, published_at timestamptz, article_id uuid) language plpgsql stable rows 20 as $$
declare
    plan delivery_plan := delivery_plan(filter);
    way text := case when oldest_first then 'asc' else 'desc' end;
    following text := case when after_at is null then ''
                           when oldest_first then ' and (f.published_at, f.article_id) > ($11, $12)'
                           else ' and (f.published_at, f.article_id) < ($11, $12)' end;
    query text;
begin
    if plan.nothing then
        return;
    end if;
    if plan.driver is null then
        query := 'select p.id, f.published_at, f.article_id'
              || ' from publications p, lateral (select p.published_at, p.article_id) f where ' || plan.conditions || following;
    else
        query := 'select distinct x.id, x.published_at, x.article_id from unnest($1) walked'
              || ' cross join lateral (select p.id, f.published_at, f.article_id'
              || ' from filings f join publications p on p.id = f.publication_id'
              || ' where f.key = walked and ' || plan.conditions || following
              || format(' order by f.published_at %1$s, f.article_id %1$s limit $13) x', way);
    end if;
    query := query || format(' order by published_at %1$s, article_id %1$s limit $13', way);
    return query execute query using plan.driver, filter.moment, filter.since, filter.until, filter.lang, filter.ids,
        plan.sections, plan.tags, plan.authors, plan.all_tags, after_at, after_id, wanted + 1;
end $$;

-- How many there are: `exact`, or `estimated` by the planner where there are more than a thousand.
create function delivery_count(filter delivery_filter, how text) returns bigint language plpgsql as $$
declare
    plan delivery_plan := delivery_plan(filter);
    query text;
    found bigint;
    guess json;
begin
    if how is null or plan.nothing then
        return case when how is not null then 0 end;
    end if;
    query := 'select distinct p.article_id from publications p, '
          || case when plan.driver is null then 'lateral (select p.published_at, p.article_id) f where '
                  else 'filings f where f.key = any($1) and p.id = f.publication_id and ' end || plan.conditions;
    execute format('select count(*) from (%s %s) counted', query, case how when 'estimated' then 'limit 1001' else '' end)
       into found using plan.driver, filter.moment, filter.since, filter.until, filter.lang, filter.ids,
                        plan.sections, plan.tags, plan.authors, plan.all_tags;
    if how = 'exact' or found <= 1000 then
        return found;
    end if;
    execute 'explain (format json) ' || query
       into guess using plan.driver, filter.moment, filter.since, filter.until, filter.lang, filter.ids,
                        plan.sections, plan.tags, plan.authors, plan.all_tags;
    return greatest(found, (guess -> 0 -> 'Plan' ->> 'Plan Rows')::numeric::bigint);
end $$;

-- Seconds until something opens or closes to readers, of anything; null where nothing is to come.
create function delivery_fresh_for(moment timestamptz) returns double precision language sql stable as $$
    select extract(epoch from min(next.at) - moment)
      from ((select lower(during) as at from publications
              where not past and lower(during) > moment order by 1 limit 1)
            union all
            (select upper(during) from publications
              where not past and not upper_inf(during) and upper(during) > moment order by 1 limit 1)) next
$$;

-- A JSON object with one member more, as it stands; without it where there is no value.
create function json_with(object json, member text, value json) returns json language sql immutable parallel safe as $$
    select case when value is null then object
                else (left(object::text, -1) || ',' || to_json(member) || ':' || value || '}')::json end
$$;

-- What else a reader of an article may like: what its editor chose comes from the article itself; the rest is found under
-- the same tags and sections, most in common first, the newest of them first. Each list is read for a few only.
create function delivery_related(publication publications, moment timestamptz, wanted integer)
returns table (publication_id bigint, common bigint, published_at timestamptz) language sql stable rows 20 as $$
    select near.publication_id, count(*), max(near.published_at)
      from filing_keys(publication.content_id) key
     cross join lateral (select f.publication_id, f.article_id, f.published_at
                           from filings f
                          where f.key = key
                          order by f.published_at desc, f.article_id desc
                          limit 20) near
     cross join lateral (select from publications p
                          where p.id = near.publication_id and p.during @> moment
                         offset 0) shown -- looked up one by one, whatever the planner thinks of the number
     where near.article_id <> publication.article_id
     group by near.publication_id
     order by count(*) desc, max(near.published_at) desc
     limit wanted
$$;
