-- Articles at the desk: the rest of what an article says (its image, what search engines are told, what belongs to it),
-- what colleagues tell each other about it, what a caller may do with it now, and lists that walk an index whatever
-- they are asked for.

create extension if not exists pg_trgm with schema marbre;

-- --------------------------------------------------------------------------------------- what an article says

-- Objects inside a content are kept with all their members in one order: two that say the same are the same text.

-- What an image becomes by a merge patch (RFC 7396), member by member; null: there is none.
create function image_patched(patch json, was json) returns json language sql immutable parallel safe as $$
    select case when patch -> 'image' is null then was
                when json_typeof(patch -> 'image') = 'null' then null
                else json_build_object('url', patched(patch -> 'image', 'url', was ->> 'url'),
                                       'alt', patched(patch -> 'image', 'alt', was ->> 'alt'),
                                       'caption', patched(patch -> 'image', 'caption', was ->> 'caption'),
                                       'credit', patched(patch -> 'image', 'credit', was ->> 'credit'),
                                       'width', patched(patch -> 'image', 'width', was ->> 'width')::numeric::integer,
                                       'height', patched(patch -> 'image', 'height', was ->> 'height')::numeric::integer)
           end
$$;

-- The same for what search engines are told; null in a patch forgets all of it.
create function seo_patched(patch json, was json) returns json language sql immutable parallel safe as $$
    select case when patch -> 'seo' is null and was is not null then was
                else json_build_object('title', patched(said, 'title', was_said ->> 'title'),
                                       'description', patched(said, 'description', was_said ->> 'description'),
                                       'canonical_url', patched(said, 'canonical_url', was_said ->> 'canonical_url'),
                                       'noindex', coalesce(patched(said, 'noindex', was_said ->> 'noindex')::boolean, false))
           end
      from (select case when json_typeof(patch -> 'seo') = 'object' then patch -> 'seo' else '{}' end as said,
                   case when json_typeof(patch -> 'seo') = 'object' then was end as was_said) given
$$;

alter table article_contents
    add column image          json check (image ->> 'url' ~ '\S' and image ->> 'alt' ~ '\S'),
    add column seo            json not null default seo_patched('{}', null),
    add column no_sponsorship boolean not null default false,
    add column corrections    json not null default '[]'; -- [{at, text, kind}], shown to readers

-- What an editor has chosen to go with an article. No foreign key: a content keeps what it names, also when the draft
-- that it named is deleted; the desk is told what leads nowhere, and readers see what is public.
create table article_related (
    content_id bigint not null references article_contents on delete cascade,
    position   integer not null,
    article_id uuid not null,
    primary key (content_id, position),
    unique (content_id, article_id)
);

-- Who sees to it, and what colleagues tell each other. Of the article and not of its content: neither is for readers, so
-- neither makes a change that has to be published, ends an approval, or comes back with an older text.
alter table articles
    add column assignee uuid references accounts,
    add column notes    text;

drop view contents;

-- A content as it is read: with its references as small objects. A view, so that unused columns cost nothing.
create view contents as
select c.*,
       (select coalesce(json_agg(json_build_object('id', s.id, 'slug', s.slug, 'name', s.name) order by x.position), '[]')
          from article_sections x join sections s on s.id = x.section_id
         where x.content_id = c.id) as sections,
       (select coalesce(json_agg(json_build_object('id', t.id, 'slug', t.slug, 'name', t.name, 'kind', t.kind)
                                 order by x.position), '[]')
          from article_tags x join tags t on t.id = x.tag_id
         where x.content_id = c.id) as tags,
       (select coalesce(json_agg(json_build_object('id', w.id, 'slug', w.slug, 'name', w.name, 'role', x.role)
                                 order by x.position), '[]')
          from article_authors x join authors w on w.id = x.author_id
         where x.content_id = c.id) as authors,
       (select coalesce(json_agg(json_build_object('id', w.id, 'slug', w.slug, 'name', w.name, 'role', x.role,
                                                   'bio', coalesce(x.bio, w.bio)) order by x.position), '[]')
          from article_authors x join authors w on w.id = x.author_id
         where x.content_id = c.id) as authors_with_bios
  from article_contents c;

create or replace function references_of(content bigint, kind text) returns text language sql stable as $$
    select case kind
        when 'sections' then (select string_agg(section_id::text, ' ' order by position)
                                from article_sections where content_id = content)
        when 'tags' then (select string_agg(tag_id::text, ' ' order by position)
                            from article_tags where content_id = content)
        when 'authors' then (select json_agg(json_build_array(author_id, role, bio) order by position)::text
                               from article_authors where content_id = content)
        when 'related' then (select string_agg(article_id::text, ' ' order by position)
                               from article_related where content_id = content)
    end
$$;

-- The names of the fields in which two contents differ, in the API's words.
create or replace function content_changes(was bigint, becomes bigint) returns text[] language sql stable as $$
    select coalesce(array_agg(field order by position), '{}')
      from article_contents o, article_contents n,
           lateral (values
               (1, 'lang', o.lang is distinct from n.lang),
               (2, 'slug', o.slug is distinct from n.slug),
               (3, 'kicker', o.kicker is distinct from n.kicker),
               (4, 'title', o.title is distinct from n.title),
               (5, 'standfirst', o.standfirst is distinct from n.standfirst),
               (6, 'teaser', o.teaser is distinct from n.teaser),
               (7, 'body', o.body::text is distinct from n.body::text),
               (8, 'sections', references_of(was, 'sections') is distinct from references_of(becomes, 'sections')),
               (9, 'tags', references_of(was, 'tags') is distinct from references_of(becomes, 'tags')),
               (10, 'authors', references_of(was, 'authors') is distinct from references_of(becomes, 'authors')),
               (11, 'image', o.image::text is distinct from n.image::text),
               (12, 'seo', o.seo::text is distinct from n.seo::text),
               (13, 'no_sponsorship', o.no_sponsorship is distinct from n.no_sponsorship),
               (14, 'corrections', o.corrections::text is distinct from n.corrections::text),
               (15, 'related', references_of(was, 'related') is distinct from references_of(becomes, 'related'))
           ) as fields (position, field, differs)
     where o.id = was and n.id = becomes and differs
$$;

-- The audit names the fields that differ, not those that were sent.
create or replace function article_record_version() returns trigger language plpgsql as $$
declare
    changes text[] := '{}';
begin
    if tg_op = 'UPDATE' then
        changes := content_changes(old.content_id, new.content_id)
                || array_remove(array[case when old.status <> new.status then 'status' end,
                                      case when old.assignee is distinct from new.assignee then 'assignee' end,
                                      case when old.notes is distinct from new.notes then 'notes' end], null);
        perform audit_changed(changes);
    end if;
    insert into article_versions (article_id, version, act, note, status, content_id, changed, account_id, at)
    values (new.id, new.version, new.act, new.note, new.status, new.content_id, changes, new.updated_by, new.updated_at);
    return null;
end $$;

-- ------------------------------------------------------------------------------------------------ references

create function article_is_public(article uuid, at timestamptz) returns boolean language sql stable as $$
    select exists (select from publications where article_id = article and not past and during @> at)
$$;

-- Turns a list of references to other articles into ids, null where one leads nowhere. Whoever may not know of an article
-- finds it only while readers do, or where the working copy named it before.
create function resolve_related(article uuid, list json) returns setof resolved language sql stable as $$
    with given as (
        select number, reference, reference_word(reference) as word
          from json_array_elements(list) with ordinality as given (reference, number)
    ), meant as (
        select given.*, case when word ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then word::uuid
                             else (select article_id from article_slugs where slug = word) end as id
          from given
    )
    select (number - 1)::integer,
           case when exists (select from articles a
                              where a.id = meant.id
                                and (caller_may_see(a.created_by, a.content_id)
                                     or article_is_public(a.id, clock_timestamp())))
                     or exists (select from articles a join article_related x on x.content_id = a.content_id
                                 where a.id = article and x.article_id = meant.id)
                then meant.id end,
           reference
      from meant
     order by number
$$;

-- A colleague whom an article can be given to: somebody who logs in and works on stories; or who had it already.
create function resolve_assignee(article uuid, reference json) returns uuid language sql stable as $$
    select c.id
      from accounts c
     where c.id::text = lower(reference_word(reference))
       and ((c.kind = 'person' and c.active and c.role <> 'sales')
            or exists (select from articles where id = article and assignee = c.id))
$$;

create type fault as (pointer text, detail text);

-- Every reference in a body to sections, tags and authors that leads nowhere or comes twice. An author may come once for
-- each part.
create function reference_faults(body json) returns setof fault language sql stable as $$
    with given as (
        select kind, number, r.*, reference_word(reference) as word,
               case kind when 'authors' then coalesce(author_member(reference, 'role'), 'by') end as part
          from unnest(array['sections', 'tags', 'authors']) with ordinality kinds (kind, number),
               resolve_references(kind, body -> kind) r
    )
    select format('/%s/%s', kind, position),
           case when word is null then 'A reference has an id or a slug.'
                when id is null then format('There is no %s %s.', rtrim(kind, 's'), to_json(word))
                else format('%s comes twice.', to_json(word)) end
      from given
     where id is null
        or exists (select from given before
                    where before.kind = given.kind and before.id = given.id and before.position < given.position
                      and before.part is not distinct from given.part)
     order by number, position
$$;

create or replace function require_references(body json) returns void language sql volatile as $$
    select require(count(*) = 0, 'MB422', 'Some references lead nowhere or come twice.',
                   json_build_object('errors', json_agg(fault)))
      from reference_faults(body) fault
$$;

-- Every reference of an article's body that leads nowhere, comes twice, or to the article itself; and what an image lacks
-- that was given in part. All of it in one refusal.
create function require_article(article uuid, body json) returns void language sql volatile as $$
    with related as (
        select r.*, reference_word(reference) as word
          from resolve_related(article, body -> 'related') r
    ), faults as (
        select * from reference_faults(body)
        union all
        select format('/related/%s', position),
               case when word is null then 'A reference has an id or a slug.'
                    when id is null then format('There is no article %s.', to_json(word))
                    when id = article then 'An article does not go with itself.'
                    else format('%s comes twice.', to_json(word)) end
          from related
         where id is null or id = article
            or exists (select from related before where before.id = related.id and before.position < related.position)
        union all
        select '/assignee', format('There is nobody %s whom an article could be given to.',
                                   to_json(reference_word(body -> 'assignee')))
         where json_typeof(body -> 'assignee') <> 'null' and resolve_assignee(article, body -> 'assignee') is null
        union all
        select '/image/' || member, 'This member is required: the article has no image yet.'
          from (select image_patched(body, (select c.image from articles a join article_contents c on c.id = a.content_id
                                             where a.id = article)) as image) becomes,
               unnest(array['url', 'alt']) member
         where image is not null and image ->> member is null
    )
    select require(count(*) = 0, 'MB422', 'Some members cannot be taken: references that lead nowhere or come twice, or an image'
                                       ' without its address.',
                   json_build_object('errors', json_agg(faults)))
      from faults
$$;

-- What goes with an article, for the desk. Of an article that the caller may not know of, or that is no more, only the id.
create function related_cards(content bigint) returns json language sql stable as $$
    select coalesce(json_agg(json_build_object('id', x.article_id, 'slug', c.slug, 'title', c.title) order by x.position), '[]')
      from article_related x
      left join articles a on a.id = x.article_id
                          and (caller_may_see(a.created_by, a.content_id) or article_is_public(a.id, clock_timestamp()))
      left join article_contents c on c.id = a.content_id
     where x.content_id = content
$$;

-- What a content refers to that readers cannot see now: `related`, and links in the body.
create function unresolved_references(content bigint) returns json language sql stable as $$
    with named as (
        select 1 as number, 'related' as field, article_id as id, position
          from article_related where content_id = content
        union all
        select 2, 'body', (link #>> '{}')::uuid, min(place)::integer
          from article_contents c, jsonb_path_query(c.body::jsonb, '$.**.markDefs[*].article')
                                   with ordinality links (link, place)
         where c.id = content and c.body::text like '%internal_link%'
         group by link
    )
    select coalesce(json_agg(json_build_object('field', n.field, 'id', n.id, 'slug', c.slug, 'title', c.title)
                             order by n.number, n.position), '[]')
      from named n
      left join articles a on a.id = n.id and caller_may_see(a.created_by, a.content_id)
      left join article_contents c on c.id = a.content_id
     where not article_is_public(n.id, clock_timestamp())
$$;

-- What goes with an article, for readers: what they can see at that moment.
create function related_public(content bigint, at timestamptz, template text) returns json language sql stable as $$
    select coalesce(json_agg(json_build_object('id', p.article_id, 'slug', c.slug, 'title', c.title,
                                               'url', article_url(template, c.slug)) order by x.position), '[]')
      from article_related x
      join publications p on p.article_id = x.article_id and not p.past and p.during @> at
      join article_contents c on c.id = p.content_id
     where x.content_id = content
$$;

-- When that changes next by itself; and the keys of caches that it stands under.
create function related_until(content bigint, at timestamptz) returns timestamptz language sql stable as $$
    select min(bound)
      from article_related x
      join publications p on p.article_id = x.article_id and not p.past,
           lateral (values (lower(p.during)), (upper(p.during))) bounds (bound)
     where x.content_id = content and bound > at
$$;

create function related_keys(content bigint) returns text language sql stable as $$
    select coalesce(string_agg(' article:' || article_id, '' order by position), '')
      from article_related where content_id = content
$$;

-- ------------------------------------------------------------------------------------------ what may be done

-- Refuses whoever may not know of an article.
create function require_seen(article uuid) returns void language sql stable as $$
    select require(exists (select from articles where id = article and caller_may_see(created_by, content_id)),
                   'MB404', 'There is no such article.')
$$;

-- Whether readers could ever see it, or will by themselves.
create function article_was_public(article uuid) returns boolean language sql stable as $$
    select exists (select from publications where article_id = article)
$$;

-- The operations on an article that would not be refused to the caller, who may see it, by role, sections or status.
create function article_actions(article uuid, status text, content bigint) returns json language sql stable as $$
    select coalesce(json_agg(act order by number), '[]')
      from (select caller_edits(content) as edits) caller,
           lateral (values
               (1, 'patch', edits or status = 'draft'),
               (2, 'submit', exists (select from article_transitions where act = 'submit' and from_status = status)
                             and (edits or status = 'draft')),
               (3, 'return', edits and exists (select from article_transitions where act = 'return' and from_status = status)),
               (4, 'approve', edits and exists (select from article_transitions where act = 'approve' and from_status = status)),
               (5, 'publish', edits), -- which submits and approves on the way
               (6, 'unpublish', edits and exists (select from article_transitions
                                                   where act = 'unpublish' and from_status = status)),
               (7, 'duplicate', true),
               (8, 'delete', status = 'draft' and not article_was_public(article))
           ) acts (number, act, allowed)
     where allowed
$$;

-- Deletes a draft that readers never saw, with its history; its slug is free again.
create function article_erase(article uuid) returns void language plpgsql as $$
declare
    was text := (select status from articles where id = article);
begin
    if article_was_public(article) then
        perform refuse('MB409', 'Readers have seen it, so it stays: unpublish takes it back from them.',
                       json_build_object('status_now', was));
    end if;
    if was <> 'draft' then
        perform refuse('MB409', format('The article is %s; only a draft is deleted: return it first.', replace(was, '_', ' ')),
                       json_build_object('status_now', was));
    end if;
    delete from articles where id = article;
end $$;

-- Another draft with the same content. Its slug is the first free one of the same name: `x` and `x-2` both lead to `x-3`.
-- What was corrected, who sees to it and what was noted stay with the first one.
create function article_copy(article uuid, copy uuid) returns void language plpgsql as $$
declare
    was article_contents;
    becomes article_contents;
    name text;
begin
    select c.* into was from articles a join article_contents c on c.id = a.content_id where a.id = article;
    name := regexp_replace(was.slug, '-[1-9][0-9]?$', '');
    if name = was.slug or not exists (select from article_slugs where slug = name) then
        name := was.slug;
    end if;
    perform claim_slug(copy, null, name);
    becomes := was;
    becomes.id := nextval(pg_get_serial_sequence('article_contents', 'id'));
    becomes.article_id := copy;
    becomes.slug := (select slug from article_slugs where article_id = copy);
    becomes.corrections := '[]';
    insert into article_contents overriding system value select becomes.*;
    insert into article_sections select becomes.id, position, section_id from article_sections where content_id = was.id;
    insert into article_tags select becomes.id, position, tag_id from article_tags where content_id = was.id;
    insert into article_authors
    select becomes.id, position, author_id, role, bio from article_authors where content_id = was.id;
    insert into article_related select becomes.id, position, article_id from article_related where content_id = was.id;
    insert into articles (id, act, content_id, created_by, updated_by)
    values (copy, 'duplicate', becomes.id, caller_id(), caller_id());
end $$;

-- ------------------------------------------------------------------------------------------- the desk's lists

-- A text as it is looked for: without case, accents and ligatures.
create function folded(given text) returns text language sql immutable parallel safe as $$
    select replace(replace(replace(replace(
               lower(regexp_replace(normalize(given, NFKD), '[\u0300-\u036f]', '', 'g')),
               'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss'), '’', '''')
$$;

create index article_contents_by_title on article_contents using gin (folded(title) gin_trgm_ops);

-- Working copies under each section and author that they name, so that a list of those reads only its own. Kept by
-- triggers.
create table article_filings (
    thing_id   uuid not null, -- a section or an author
    status     text not null,
    updated_at timestamptz not null,
    article_id uuid not null references articles on delete cascade,
    primary key (thing_id, status, updated_at, article_id)
);
create index article_filings_of_article on article_filings (article_id);

drop index articles_by_author;
create index articles_by_author on articles (created_by, status, updated_at, id);
create index articles_by_assignee on articles (assignee, status, updated_at, id) where assignee is not null;
create index articles_by_status on articles (status, updated_at, id);

create function article_file(article uuid) returns void language sql as $$
    delete from article_filings where article_id = article;
    insert into article_filings (thing_id, status, updated_at, article_id)
    select thing.id, a.status, a.updated_at, a.id
      from articles a,
           lateral (select section_id from article_sections where content_id = a.content_id
                    union
                    select author_id from article_authors where content_id = a.content_id) thing (id)
     where a.id = article;
$$;

create function article_filed() returns trigger language plpgsql as $$
begin
    perform article_file(new.id);
    return null;
end $$;

create trigger article_filed after insert or update on articles for each row execute function article_filed();

-- A content is filed before it becomes a working copy; what changes after that, as when two sections become one, counts.
create function article_refiled() returns trigger language plpgsql as $$
begin
    perform article_file(a.id)
       from article_contents c join articles a on a.id = c.article_id and a.content_id = c.id
      where c.id = case tg_op when 'DELETE' then old.content_id else new.content_id end;
    return null;
end $$;

create trigger article_refiled after insert or update or delete on article_sections
    for each row execute function article_refiled();
create trigger article_refiled after insert or update or delete on article_authors
    for each row execute function article_refiled();

select article_file(id) from articles;

-- The sections under a section, and itself.
create function sections_below(section uuid) returns uuid[] language sql stable as $$
    with recursive below as (
        select section as id
        union
        select s.id from below b join sections s on s.parent_id = b.id
    )
    select array_agg(id) from below where id is not null
$$;

-- A page of what the caller may know of, by its last change. Each way to narrow the list has an index with the status and
-- that time behind it: one of them is walked for each status, no further than a page, and the rest of what was asked is
-- looked at on the way. Where words are looked for, the planner weighs their trigrams against it. Whoever may not see all
-- walks what is theirs.
create function desk_page(statuses text[], section text, author text, assigned uuid, mine boolean, words text,
                          since timestamptz, until timestamptz, oldest_first boolean,
                          after_at timestamptz, after_id uuid, most integer)
returns table (number bigint, article_id uuid) language plpgsql stable as $$
declare
    sees_all boolean := caller_role() in ('chief', 'admin') or (caller_role() = 'editor' and caller_sections() is null);
    below uuid[] := (select sections_below(id) from filed_as('sections', section) id where id is not null);
    writer uuid := (select id from authors where slug = author);
    patterns text[] := array(select '%' || regexp_replace(word, '([\\%_])', '\\\1', 'g') || '%'
                               from regexp_split_to_table(folded(words), '\s+') word where word <> '' order by length(word) desc);
    maker uuid := case when mine or caller_role() = 'contributor' then caller_id() end;
    walked boolean := true; -- articles are, those of the maker, of the assignee, or all
    things uuid[];          -- and in article_filings those of these
    asked constant text := $list$
        ($4 is null or a.assignee = $4)
        and ($5 is null or exists (select from article_filings x where x.article_id = a.id and x.thing_id = any ($5)))
        and ($6 is null or exists (select from article_filings x where x.article_id = a.id and x.thing_id = $6))
        and ($7 or a.created_by = $8 or exists (select from article_filings x where x.article_id = a.id and x.thing_id = any ($9)))
        and ($10 is null or %1$s.updated_at >= $10) and ($11 is null or %1$s.updated_at < $11)
        and ($12 is null or (%1$s.updated_at, %2$s) %3$s ($12, $13)) $list$;
    after_that text := case when oldest_first then '>' else '<' end;
begin
    if (section is not null and below is null) or (author is not null and writer is null) then
        return;
    end if;
    if maker is null and assigned is null then
        if writer is not null or (sees_all and below is not null) then
            walked := false;
            things := case when writer is null then below else array[writer] end;
            below := case when writer is null then null else below end; -- asked for by the walk itself
            writer := null;
        elsif not sees_all then
            maker := caller_id();
            things := array(select unnest(caller_sections()) intersect select unnest(coalesce(below, caller_sections())));
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
                      from article_filings f join articles a on a.id = f.article_id
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
               from article_filings f join articles a on a.id = f.article_id join article_contents c on c.id = a.content_id
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
