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
                                      case when old.notes is distinct from new.notes then 'notes' end,
                                      case when old.date is distinct from new.date then 'date' end], null);
        perform audit_changed(changes);
    end if;
    insert into article_versions (article_id, version, act, note, status, content_id, changed, account_id, at)
    values (new.id, new.version, new.act, new.note, new.status, new.content_id, changes, new.updated_by, new.updated_at);
    return null;
end $$;

create or replace trigger article_record_version after insert or update on articles
    for each row execute function article_record_version();

-- The names of the fields in which two contents differ, in the API's words: every column of article_contents is compared, so
-- that a new one cannot be forgotten, but for those that are no fields and those that the server makes of the body.
create function content_changes(was bigint, becomes bigint) returns text[] language plpgsql stable as $$
declare
    o article_contents;
    n article_contents;
    same_body boolean;
begin
    if was = becomes then
        return '{}';
    end if;
    select * into o from article_contents where id = was;
    select * into n from article_contents where id = becomes;
    same_body := o.body::text = n.body::text;
    o.id := null; o.article_id := null; o.body := null; o.body_html := null; o.body_text := null; o.body_markdown := null;
    o.body_keys := null; o.excerpt := null; o.outline := null; o.word_count := null; o.reading_minutes := null;
    n.id := null; n.article_id := null; n.body := null; n.body_html := null; n.body_text := null; n.body_markdown := null;
    n.body_keys := null; n.excerpt := null; n.outline := null; n.word_count := null; n.reading_minutes := null;
    return array(select x.field
                   from rows from (json_each_text(to_json(o)), json_each_text(to_json(n)))
                        with ordinality x (field, before, same_field, after, place)
                  where x.before is distinct from x.after
                  order by x.place)
        || case when not same_body then array['body'] else '{}' end
        || array(select 'sections'
                  where array(select section_id from article_sections where content_id = was order by position)
                        <> array(select section_id from article_sections where content_id = becomes order by position)
                 union all
                 select 'tags'
                  where array(select tag_id from article_tags where content_id = was order by position)
                        <> array(select tag_id from article_tags where content_id = becomes order by position)
                 union all
                 select 'authors'
                  where array(select row(author_id, role, bio) from article_authors where content_id = was order by position)
                        <> array(select row(author_id, role, bio) from article_authors where content_id = becomes
                                  order by position)
                 union all
                 select 'related'
                  where array(select article_id from article_related where content_id = was order by position)
                        <> array(select article_id from article_related where content_id = becomes order by position));
end $$;

-- The names of the fields that changed after the newest of some versions, each once.
create function article_changed_since(article uuid, versions integer[]) returns json language plpgsql stable as $$
begin
    return (select coalesce(json_agg(distinct field), '[]')
              from article_versions v, unnest(v.changed) field
             where v.article_id = article and v.version > (select max(n) from unnest(versions) n));
end $$;
