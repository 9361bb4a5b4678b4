-- Articles. What an article is (articles), what it says (article_contents, never changed once written), what became of
-- it (article_versions, one row for each version), and when readers see which content (publications).

create table articles (
    id         uuid primary key,
    version    integer not null default 1,
    status     text not null default 'draft'
               check (status in ('draft', 'in_review', 'approved', 'published', 'unpublished')),
    act        text not null default 'create', -- the act that led to this version
    note       text,                           -- and what was said with it
    content_id bigint not null,                -- the working copy
    created_by uuid references accounts,
    created_at timestamptz not null default clock_timestamp(),
    updated_by uuid references accounts,
    updated_at timestamptz not null default clock_timestamp()
);
create index articles_by_update on articles (updated_at, id);
create index articles_by_author on articles (created_by, updated_at, id);

-- Every slug that an article has or had. It belongs to it for ever, so that an address once public never leads astray.
create table article_slugs (
    slug       slug primary key,
    article_id uuid not null references articles on delete cascade deferrable initially deferred,
    unique (slug, article_id)
);
create index article_slugs_of_article on article_slugs (article_id);

create table article_contents (
    id              bigint generated always as identity primary key,
    article_id      uuid not null references articles on delete cascade deferrable initially deferred,
    lang            text not null,
    slug            slug not null,
    kicker          text,
    title           text not null check (title ~ '\S' and length(title) <= 300),
    standfirst      text,
    teaser          text,
    body            json not null,
    body_html       text not null,
    body_text       text not null,
    word_count      integer not null,
    reading_minutes integer not null,
    foreign key (slug, article_id) references article_slugs (slug, article_id) deferrable initially deferred
);
create index article_contents_of_article on article_contents (article_id);
alter table articles add foreign key (content_id) references article_contents deferrable initially deferred;

create table article_sections (
    content_id bigint not null references article_contents on delete cascade,
    position   integer not null,
    section_id uuid not null references sections,
    primary key (content_id, position),
    unique (content_id, section_id)
);
create index article_sections_of_section on article_sections (section_id);

create table article_tags (
    content_id bigint not null references article_contents on delete cascade,
    position   integer not null,
    tag_id     uuid not null references tags,
    primary key (content_id, position),
    unique (content_id, tag_id)
);
create index article_tags_of_tag on article_tags (tag_id);

create table article_authors (
    content_id bigint not null references article_contents on delete cascade,
    position   integer not null,
    author_id  uuid not null references authors,
    role       text not null,
    bio        text, -- for this article, in place of the author's own
    primary key (content_id, position)
);
create index article_authors_of_author on article_authors (author_id);

-- One row for each version that an article ever had: who made it, by what act, and what it changed.
create table article_versions (
    article_id uuid not null references articles on delete cascade,
    version    integer not null,
    act        text not null,
    note       text,
    status     text not null,
    content_id bigint not null references article_contents deferrable initially deferred,
    changed    text[] not null,
    account_id uuid references accounts,
    at         timestamptz not null,
    primary key (article_id, version)
);

-- When readers see which content. An article is visible while the time lies inside one of its ranges; two ranges of one
-- article never overlap. `past` marks ranges that an act has closed, so that lists need not walk over them.
create table publications (
    id           bigint generated always as identity primary key,
    article_id   uuid not null references articles on delete cascade,
    content_id   bigint not null references article_contents,
    during       tstzrange not null check (not isempty(during) and not lower_inf(during)),
    published_at timestamptz not null, -- the start of the article's first range
    past         boolean not null default false,
    exclude using gist (article_id with =, during with &&)
);
create index publications_newest on publications (published_at desc, article_id desc) where not past;
create index publications_of_article on publications (article_id, published_at);
create index publications_opening on publications (lower(during)) where not past;
create index publications_closing on publications (upper(during)) where not past and not upper_inf(during);

-- The same list for each section, so that a section's page reads only its own.
create table publication_sections (
    section_id     uuid not null references sections,
    published_at   timestamptz not null,
    article_id     uuid not null,
    publication_id bigint not null references publications on delete cascade,
    primary key (section_id, published_at, article_id, publication_id)
);
create index publication_sections_of_publication on publication_sections (publication_id);

select withhold('update, delete', 'article_versions');
select withhold('update', 'article_contents');

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

-- ------------------------------------------------------------------------------------------------ guarantees

create function references_of(content bigint, kind text) returns text language sql stable as $$
    select case kind
        when 'sections' then (select string_agg(section_id::text, ' ' order by position)
                                from article_sections where content_id = content)
        when 'tags' then (select string_agg(tag_id::text, ' ' order by position)
                            from article_tags where content_id = content)
        when 'authors' then (select json_agg(json_build_array(author_id, role, bio) order by position)::text
                               from article_authors where content_id = content)
    end
$$;

-- The names of the fields in which two contents differ, in the API's words.
create function content_changes(was bigint, becomes bigint) returns text[] language sql stable as $$
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
               (10, 'authors', references_of(was, 'authors') is distinct from references_of(becomes, 'authors'))
           ) as fields (position, field, differs)
     where o.id = was and n.id = becomes and differs
$$;

-- Every change of an article is a new version, made by somebody at some time; whoever writes cannot forget it. What
-- comes from outside the API is nobody's act, unless it says whose and which.
create function article_next_version() returns trigger language plpgsql as $$
begin
    new.version := old.version + 1;
    new.updated_at := greatest(clock_timestamp(), old.updated_at + interval '1 microsecond'); -- a clock may step back
    new.updated_by := coalesce(caller_id(), nullif(new.updated_by, old.updated_by));
    if caller_id() is null and new.act = old.act then
        new.act := 'by_hand';
    end if;
    return new;
end $$;

create trigger article_next_version before update on articles
    for each row execute function article_next_version();

create function article_record_version() returns trigger language plpgsql as $$
declare
    changes text[] := '{}';
begin
    if tg_op = 'UPDATE' then
        changes := content_changes(old.content_id, new.content_id);
        if old.status <> new.status then
            changes := changes || 'status'::text;
        end if;
    end if;
    insert into article_versions (article_id, version, act, note, status, content_id, changed, account_id, at)
    values (new.id, new.version, new.act, new.note, new.status, new.content_id, changes, new.updated_by, new.updated_at);
    return null;
end $$;

create trigger article_record_version after insert or update on articles
    for each row execute function article_record_version();

create function publication_list() returns trigger language plpgsql as $$
begin
    delete from publication_sections where publication_id = new.id;
    if not new.past then
        insert into publication_sections (section_id, published_at, article_id, publication_id)
        select section_id, new.published_at, new.article_id, new.id
          from article_sections where content_id = new.content_id;
    end if;
    return null;
end $$;

create trigger publication_list after insert or update on publications
    for each row execute function publication_list();

-- -------------------------------------------------------------------------------------------------- workflow

create table article_transitions (
    act         text not null,
    from_status text not null,
    to_status   text not null,
    primary key (act, from_status)
);
insert into article_transitions (act, from_status, to_status) values
    ('submit', 'draft', 'in_review'),
    ('submit', 'unpublished', 'in_review'),
    ('return', 'in_review', 'draft'),
    ('return', 'approved', 'draft'),
    ('approve', 'in_review', 'approved'),
    ('publish', 'approved', 'published'),
    ('publish', 'published', 'published'),
    ('publish', 'unpublished', 'published'),
    ('unpublish', 'published', 'unpublished');
select withhold('insert, update, delete', 'article_transitions');

create function article_do(article uuid, act_name text, said text default null) returns void language plpgsql as $$
declare
    was text;
    becomes text;
begin
    select status into was from articles where id = article for update;
    select to_status into becomes from article_transitions where act = act_name and from_status = was;
    if not found then
        perform refuse('MB409', format('The article is %s; %s takes one that is %s.', was, act_name,
                                       (select string_agg(from_status, ' or ' order by from_status)
                                          from article_transitions where act = act_name)),
                       json_build_object('status_now', was));
    end if;
    update articles set status = becomes, act = act_name, note = said where id = article;
end $$;

-- ----------------------------------------------------------------------------------------------------- slugs

-- Gives an article a slug: the one that was `wanted`, or a refusal; else the one that was `made` from its title, with the
-- first free number behind it. Others who claim at the same moment are waited for, and then the next number is tried.
create function claim_slug(article uuid, wanted text, made text) returns void language plpgsql as $$
declare
    number integer := 1;
begin
    if wanted is not null then
        insert into article_slugs (slug, article_id) values (wanted, article) on conflict do nothing;
        if not exists (select from article_slugs where slug = wanted and article_id = article) then
            perform refuse('MB409', format('The slug %s belongs to another article.', wanted),
                           json_build_object('errors', json_build_array(json_build_object(
                               'pointer', '/slug', 'detail', format('%s is taken; choose another.', wanted)))));
        end if;
        return;
    end if;
    loop
        insert into article_slugs (slug, article_id) values (slug_candidate(made, number), article)
            on conflict do nothing;
        exit when found;
        -- The first free number after it, in one look, so that the hundredth of a name costs no hundred tries.
        select coalesce(min(free), number + 1) into number
          from (select number + 1 as free
                union all
                select substring(slug from length(made) + 2)::integer + 1
                  from article_slugs
                 where slug > made || '-' and slug < made || '.'
                   and substring(slug from length(made) + 2) ~ '^[1-9][0-9]{0,5}$') numbers
         where free > number and not exists (select from article_slugs where slug = slug_candidate(made, free));
    end loop;
end $$;

-- ------------------------------------------------------------------------------------------------ references

-- A reference is an id, a slug, or an object with either. This gives the word to look for.
create function reference_word(reference json) returns text language sql immutable parallel safe as $$
    select case json_typeof(reference) when 'object' then coalesce(reference ->> 'id', reference ->> 'slug')
                                       else reference #>> '{}' end
$$;

create type resolved as (position integer, id uuid, reference json);

-- A member of an author's reference; null where the reference is only a word.
create function author_member(reference json, member text) returns text language sql immutable parallel safe as $$
    select case json_typeof(reference) when 'object' then reference ->> member end
$$;

-- Turns a list of references into ids, null where one leads nowhere.
create function resolve_references(kind text, list json) returns setof resolved language plpgsql stable as $$
begin
    return query execute format(
        'select (given.number - 1)::integer, there.id, given.reference
           from json_array_elements($1) with ordinality as given (reference, number)
           left join %1$I there on there.id = coalesce(
                (select id from %1$I where slug = reference_word(given.reference)),
                case when reference_word(given.reference) ~* ''^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$''
                     then reference_word(given.reference)::uuid end)
          order by given.number', kind) using list;
end $$;

-- Refuses with the pointer of every reference in a body that leads nowhere or comes twice. An author may come once for
-- each part.
create function require_references(body json) returns void language plpgsql stable as $$
declare
    faults json;
begin
    with given as (
        select kind, r.*, reference_word(reference) as word,
               case kind when 'authors' then coalesce(author_member(reference, 'role'), 'by') end as part
          from unnest(array['sections', 'tags', 'authors']) with ordinality kinds (kind, number),
               resolve_references(kind, body -> kind) r
         order by number, position
    )
    select json_agg(json_build_object('pointer', format('/%s/%s', kind, position), 'detail',
                    case when word is null then 'A reference has an id or a slug.'
                         when id is null then format('There is no %s %s.', rtrim(kind, 's'), to_json(word))
                         else format('%s comes twice.', to_json(word)) end))
      into faults
      from given
     where id is null
        or exists (select from given before
                    where before.kind = given.kind and before.id = given.id and before.position < given.position
                      and before.part is not distinct from given.part);
    perform require(faults is null, 'MB422', 'Some references lead nowhere or come twice.',
                    json_build_object('errors', faults));
end $$;

-- --------------------------------------------------------------------------------------------- facts of articles

-- A contributor knows of their own articles only; sales knows of none.
create function caller_may_see(created_by uuid) returns boolean language sql stable as $$
    select caller_role() in ('editor', 'chief', 'admin') or (caller_role() = 'contributor' and created_by = caller_id())
$$;

create function account_card(account uuid) returns json language sql stable as $$
    select json_build_object('id', id, 'name', name) from accounts where id = account
$$;

create function article_published_at(article uuid) returns timestamptz language sql stable as $$
    select published_at from publications where article_id = article order by published_at limit 1
$$;

-- Whether the working copy differs from what readers see; false where readers see nothing.
create function article_has_changes(article uuid, content bigint) returns boolean language sql volatile as $$
    select coalesce((select content_id <> content from publications
                      where article_id = article and not past and during @> clock_timestamp()), false)
$$;

create function article_url(template text, slug text) returns text language sql immutable parallel safe as $$
    select replace(template, '{slug}', slug)
$$;

-- Refuses members of `given` that say something else than what is stored.
create function require_same(given json, stored json) returns void language plpgsql as $$
declare
    faults json;
begin
    select json_agg(json_build_object('pointer', '/' || key, 'detail',
                    format('The server writes this; it is %s.', stored -> key)))
      into faults
      from json_object_keys(given) key
     where (given -> key)::jsonb is distinct from (stored -> key)::jsonb;
    if faults is not null then
        perform refuse('MB422', 'Some members can only be read.', json_build_object('errors', faults));
    end if;
end $$;

-- Locks an article for a change. `expected` holds the versions that If-Match names; null is `*`.
create function article_lock(article uuid, expected integer[]) returns void language plpgsql as $$
declare
    now_there record;
begin
    select a.version, a.status, a.created_by, a.updated_by, a.updated_at into now_there
      from articles a where a.id = article for update;
    if not found or not caller_may_see(now_there.created_by) then
        perform refuse('MB404', 'There is no such article.');
    end if;
    if expected is not null and now_there.version <> all (expected) then
        perform refuse('MB412', format('The article has changed: it is at version %s.', now_there.version),
                       json_build_object('version', now_there.version,
                                         'updated_by', account_card(now_there.updated_by),
                                         'updated_at', rfc3339(now_there.updated_at),
                                         'changed', article_changed_since(article, expected)));
    end if;
    if caller_role() = 'contributor' and now_there.status <> 'draft' then
        perform refuse('MB409', format('The article is %s: a contributor changes drafts only. Ask an editor to return it.',
                                       replace(now_there.status, '_', ' ')),
                       json_build_object('status_now', now_there.status));
    end if;
end $$;

-- The names of the fields that changed after the newest of some versions, each once.
create function article_changed_since(article uuid, versions integer[]) returns json language sql stable as $$
    select coalesce(json_agg(distinct field), '[]')
      from article_versions v, unnest(v.changed) field
     where v.article_id = article and v.version > (select max(n) from unnest(versions) n)
$$;

create function article_do_all(article uuid, acts text[]) returns void language plpgsql as $$
declare
    act_name text;
begin
    foreach act_name in array acts loop
        perform article_do(article, act_name);
    end loop;
end $$;
