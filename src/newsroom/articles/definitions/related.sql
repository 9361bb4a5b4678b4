-- What goes with an article: what its editor chose, for the desk and for readers.

-- For the desk. Of an article that the caller may not know of, or that is no more, only the id.
create function related_cards(content bigint) returns json language plpgsql stable as $$
begin
    return (select coalesce(json_agg(json_build_object('id', x.article_id, 'slug', c.slug, 'title', c.title) order by x.position), '[]')
              from article_related x
              left join articles a on a.id = x.article_id
                                  and (caller_may_see(a.created_by, a.content_id) or article_is_public(a.id, clock_timestamp()))
              left join article_contents c on c.id = a.content_id
             where x.content_id = content);
end $$;

-- For readers: what they can see at a moment.
create function related_cards_public(content bigint, moment timestamptz, url_template text) returns json
language plpgsql stable as $$
begin
    return (select coalesce(json_agg(json_build_object('id', p.article_id, 'slug', c.slug, 'title', c.title,
                                                       'url', article_url(url_template, c.slug)) order by x.position), '[]')
              from article_related x
              join publications p on p.article_id = x.article_id and not p.past and p.during @> moment
              join article_contents c on c.id = p.content_id
             where x.content_id = content);
end $$;

-- When that changes next by itself. A function for its plan: a read by slug asks for it, and most articles have no row here.
create function related_until(content bigint, moment timestamptz) returns timestamptz language plpgsql stable as $$
begin
    return (select min(bound)
              from article_related x
              join publications p on p.article_id = x.article_id and not p.past,
                   lateral (values (lower(p.during)), (upper(p.during))) bounds (bound)
             where x.content_id = content and bound > moment);
end $$;

-- What a content refers to that readers cannot see now: `related`, and links in the body. A function for its plan: each answer
-- of the desk has it.
create function unresolved_references(content bigint) returns json language plpgsql stable as $$
begin
    return (with named as (
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
             where not article_is_public(n.id, clock_timestamp()));
end $$;

-- Turns a list of references to other articles into ids, null where one leads nowhere. Whoever may not know of an article
-- finds it only while readers do, or where the working copy named it before.
create function resolve_related(article uuid, list json) returns setof resolved language plpgsql stable as $$
begin
    return query
    with given as (
        select number, reference, reference_word(reference) as word
          from json_array_elements(list) with ordinality as given (reference, number)
    ), meant as (
        select given.*, coalesce(as_uuid(word), (select article_id from article_slugs where slug = word)) as meant_id
          from given
    )
    select (number - 1)::integer,
           case when exists (select from articles a
                              where a.id = meant_id
                                and (caller_may_see(a.created_by, a.content_id)
                                     or article_is_public(a.id, clock_timestamp())))
                     or exists (select from articles a join article_related x on x.content_id = a.content_id
                                 where a.id = article and x.article_id = meant_id)
                then meant_id end,
           reference
      from meant
     order by number;
end $$;

-- A colleague whom an article can be given to: somebody who logs in and works on stories; or who had it already.
create function resolve_assignee(article uuid, reference json) returns uuid language plpgsql stable as $$
begin
    return (select c.id
              from accounts c
             where c.id::text = lower(reference_word(reference))
               and ((c.kind = 'person' and c.active and c.role <> 'sales')
                    or exists (select from articles where id = article and assignee = c.id)));
end $$;
