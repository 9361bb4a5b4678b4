-- Who may do what to an article, and when: locks before a change, and acts that lead from one status to another.

-- Locks an article for a change. `expected` holds the versions that If-Match names; null is `*`. Whoever edits it may do
-- all that an editor may; whoever only wrote it, what a contributor may.
create function article_lock(article uuid, expected integer[], roles text[]) returns void
language plpgsql as $$
declare
    now_there record;
begin
    select a.version, a.status, a.created_by, a.updated_by, a.updated_at, a.content_id into now_there
      from articles a where a.id = article for update;
    if not found or not caller_may_see(now_there.created_by, now_there.content_id) then
        perform refuse('MB404', 'There is no such article.');
    end if;
    if not caller_edits(now_there.content_id) and 'contributor' <> all (roles) then
        perform refuse('MB403', 'It is filed in none of your sections: an editor of them may do this.');
    end if;
    if expected is not null and now_there.version <> all (expected) then
        perform refuse('MB412', format('The article has changed: it is at version %s.', now_there.version),
                       json_build_object('version', now_there.version,
                                         'updated_by', account_card(now_there.updated_by),
                                         'updated_at', rfc3339(now_there.updated_at),
                                         'changed', article_changed_since(article, expected)));
    end if;
    if not caller_edits(now_there.content_id) and now_there.status <> 'draft' then
        perform refuse('MB409', format('The article is %s: whoever wrote it changes drafts only. Ask an editor to return it.',
                                       replace(now_there.status, '_', ' ')),
                       json_build_object('status_now', now_there.status));
    end if;
    perform audit_changed('{}');
end $$;

-- Locks an article for a save, as article_lock does; but who asks for it (`Prefer: merge`, RFC 7240) and saves other fields
-- than those that changed since the version they read, saves them on top of those. A function, since it looks at the versions
-- after it has the lock.
create function article_lock_to_save(article uuid, expected integer[], roles text[], prefer text, fields text[]) returns void
language plpgsql as $$
declare
    now_there integer := (select version from articles where id = article for update);
    seen integer := (select max(n) from unnest(expected) n);
begin
    if prefer ~* '(^|[,\s])merge\s*([,;]|$)' and seen between 1 and now_there - 1 and now_there <> all (expected)
       and not exists (select from article_versions v
                        where v.article_id = article and v.version > seen and v.changed && fields) then
        perform article_lock(article, null, roles);
    else
        perform article_lock(article, expected, roles);
    end if;
end $$;

-- An act of the workflow, from the status that the article is in; `said` is the word that goes with it.
create function article_transition(article uuid, act_name text, said text default null) returns void language plpgsql as $$
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

-- The operations on an article that would not be refused to the caller, who may see it, by role, sections or status.
create function article_actions(article uuid, status text, content bigint) returns json language plpgsql stable as $$
declare
    edits boolean := caller_edits(content);
    acts text[] := array(select act from article_transitions where from_status = status);
begin
    return to_json(array_remove(array[
        case when edits or status = 'draft' then 'patch' end,
        case when 'submit' = any (acts) and (edits or status = 'draft') then 'submit' end,
        case when 'return' = any (acts) and edits then 'return' end,
        case when 'approve' = any (acts) and edits then 'approve' end,
        case when edits then 'publish' end, -- which submits and approves on the way
        case when 'unpublish' = any (acts) and edits then 'unpublish' end,
        'duplicate',
        case when status = 'draft' and not article_was_public(article) then 'delete' end
    ], null));
end $$;
