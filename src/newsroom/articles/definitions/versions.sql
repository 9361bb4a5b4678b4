-- The history of an article, which keeps itself: every change is a version, with who made it, by what act, and which fields.

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

create or replace trigger article_next_version before update on articles
    for each row execute function article_next_version();

-- The audit names the fields that differ, not those that were sent.
create function article_record_version() returns trigger language plpgsql as $$
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

create or replace trigger article_record_version after insert or update on articles
    for each row execute function article_record_version();

-- The names of the fields in which two contents differ, in the API's words.
create function content_changes(was bigint, becomes bigint) returns text[] language plpgsql stable as $$
declare
    o article_contents;
    n article_contents;
begin
    if was = becomes then
        return '{}';
    end if;
    select * into o from article_contents where id = was;
    select * into n from article_contents where id = becomes;
    return array_remove(array[
        case when o.lang <> n.lang then 'lang' end,
        case when o.slug <> n.slug then 'slug' end,
        case when o.kicker is distinct from n.kicker then 'kicker' end,
        case when o.title <> n.title then 'title' end,
        case when o.standfirst is distinct from n.standfirst then 'standfirst' end,
        case when o.teaser is distinct from n.teaser then 'teaser' end,
        case when o.body::text <> n.body::text then 'body' end,
        case when content_references(was, 'sections') is distinct from content_references(becomes, 'sections') then 'sections' end,
        case when content_references(was, 'tags') is distinct from content_references(becomes, 'tags') then 'tags' end,
        case when content_references(was, 'authors') is distinct from content_references(becomes, 'authors') then 'authors' end,
        case when o.image::text is distinct from n.image::text then 'image' end,
        case when o.seo::text <> n.seo::text then 'seo' end,
        case when o.no_sponsorship <> n.no_sponsorship then 'no_sponsorship' end,
        case when o.corrections::text <> n.corrections::text then 'corrections' end,
        case when content_references(was, 'related') is distinct from content_references(becomes, 'related') then 'related' end
    ], null);
end $$;

-- What a content refers to, as a text that can be compared.
create function content_references(content bigint, kind text) returns text language plpgsql stable as $$
begin
    return case kind
        when 'sections' then (select string_agg(section_id::text, ' ' order by position)
                                from article_sections where content_id = content)
        when 'tags' then (select string_agg(tag_id::text, ' ' order by position)
                            from article_tags where content_id = content)
        when 'authors' then (select json_agg(json_build_array(author_id, role, bio) order by position)::text
                               from article_authors where content_id = content)
        when 'related' then (select string_agg(article_id::text, ' ' order by position)
                               from article_related where content_id = content)
    end;
end $$;

-- The names of the fields that changed after the newest of some versions, each once.
create function article_changed_since(article uuid, versions integer[]) returns json language plpgsql stable as $$
begin
    return (select coalesce(json_agg(distinct field), '[]')
              from article_versions v, unnest(v.changed) field
             where v.article_id = article and v.version > (select max(n) from unnest(versions) n));
end $$;
