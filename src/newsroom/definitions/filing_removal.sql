-- Taking a section, tag or author away: not while something uses it, unless another replaces it everywhere. Whose table refers to
-- one of them too has it in filing_users and filing_merge, or goes with it (on delete cascade), also when it is merged; else the
-- foreign key refuses both (409).

-- What uses something: sections below it, editors of it, articles that name it in any version. The first twenty that the
-- caller may know of, and how many there are.
create function filing_users(kind text, thing uuid, out first_ones json, out total bigint) language plpgsql stable as $$
begin
    execute format($query$
        with filed as (
            select distinct c.article_id
              from %1$I x join article_contents c on c.id = x.content_id
             where x.%2$I = $1
        ), users as (
            select 3 as rank, 'article' as kind, a.id, c.slug::text as slug, c.title,
                   caller_may_see(a.created_by, a.content_id) as seen
              from filed join articles a on a.id = filed.article_id join article_contents c on c.id = a.content_id
            union all
            select 1, 'section', id, slug, name, true from sections where $2 = 'sections' and parent_id = $1
            union all
            select 2, 'account', a.id, null, a.name, true
              from account_sections x join accounts a on a.id = x.account_id
             where $2 = 'sections' and x.section_id = $1
        )
        select coalesce(json_agg(json_build_object('kind', u.kind, 'id', u.id, 'slug', u.slug, 'title', u.title)
                                 order by u.rank, u.title, u.id), '[]'),
               (select count(*) from users)
          from (select * from users where seen order by rank, title, id limit 20) u
        $query$, 'article_' || kind, rtrim(kind, 's') || '_id')
       into first_ones, total
      using thing, kind;
end $$;

-- The sections below one, and its editors, come to another. Where that stands below the one, it takes its place.
create function section_reassign(section uuid, replacement uuid, operation text, address text, request_id text) returns void
language plpgsql as $$
declare
    moved uuid[];
    editors uuid[] := array(select account_id from account_sections where section_id = section);
begin
    with recursive below as (
        select id from sections where parent_id = section
        union
        select s.id from below join sections s on s.parent_id = below.id
    ), changed as (
        update sections s
           set parent_id = case s.id when replacement then (select parent_id from sections where id = section)
                                     else replacement end
         where (s.parent_id = section and s.id <> replacement)
            or (s.id = replacement and replacement in (select id from below))
        returning s.id
    )
    select array_agg(id) into moved from changed;
    perform audit_write(operation => operation, kind => 'sections', things => moved, fields => '{parent}',
                        address => address, request_id => request_id);
    delete from account_sections x
     where x.section_id = section
       and exists (select from account_sections y where y.account_id = x.account_id and y.section_id = replacement);
    update account_sections set section_id = replacement where section_id = section;
    update accounts set version = version + 1 where id = any (editors);
    perform audit_write(operation => operation, kind => 'accounts', things => editors, fields => '{sections}',
                        address => address, request_id => request_id);
end $$;

-- One thing becomes another, everywhere and for good: what named the one names the other, in every version of every
-- article, where it stood (where both were named, where the first of them stood). That is no new version of an article: its
-- text is what it was. The slug of the one, and those that led to it, lead to the other.
create function filing_merge(kind text, thing uuid, replacement uuid, operation text, address text, request_id text)
returns void language plpgsql as $$
declare
    filed text := 'article_' || kind;
    member text := rtrim(kind, 's') || '_id';
    aliases text := rtrim(kind, 's') || '_aliases';
    given_up text;
begin
    execute format($statement$
        delete from %1$I x using %1$I y
         where x.content_id = y.content_id and x.position > y.position
           and x.%2$I in ($1, $2) and y.%2$I in ($1, $2)
           and to_jsonb(x) ->> 'role' is not distinct from to_jsonb(y) ->> 'role'
        $statement$, filed, member) using thing, replacement;
    execute format('update %1$I set %2$I = $2 where %2$I = $1', filed, member) using thing, replacement;
    if kind = 'sections' then
        perform section_reassign(section => thing, replacement => replacement, operation => operation,
                                 address => address, request_id => request_id);
    end if;
    execute format('update %I set leads_to = $2 where leads_to = $1', aliases) using thing, replacement;
    execute format('delete from %I where id = $1 returning slug', kind) into given_up using thing;
    execute format('insert into %I (slug, leads_to, was) values ($1, $2, $3)', aliases) using given_up, replacement, thing;
    perform audit_write(operation => operation, kind => kind, things => array[replacement], fields => '{aliases}',
                        address => address, request_id => request_id);
end $$;

-- Takes something away that nothing uses, or that another replaces: `replace_with`, a word that leads to it.
create function filing_delete(kind text, thing uuid, replace_with text, operation text, address text, request_id text)
returns void language plpgsql as $$
declare
    users record;
    replacement uuid := filing_resolve(kind, replace_with);
    fault text := case when replacement is null then format('There is no %s %s.', rtrim(kind, 's'), to_json(replace_with))
                       when replacement = thing then 'Nothing replaces itself.' end;
begin
    perform references_lock_exclusive();
    if replace_with is null then
        select * into users from filing_users(kind, thing);
        if users.total > 0 then
            perform refuse('MB409', 'It is in use: name what replaces it by ?replace_with, or take it out first.',
                           json_build_object('users', users.first_ones, 'users_total', users.total));
        end if;
        execute format('delete from %I where id = $1', kind) using thing;
        return;
    end if;
    perform require(fault is null, 'MB422', fault, error_at('?replace_with', fault));
    perform filing_merge(kind => kind, thing => thing, replacement => replacement, operation => operation,
                         address => address, request_id => request_id);
end $$;
