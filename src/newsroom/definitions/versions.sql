-- `If-Match`: nobody changes what they have not seen.

-- Refuses a change of what the caller has not seen. `expected` holds the versions that If-Match names; null is `*`. Who
-- was faster, and what they changed, is in the audit.
create function require_version(thing_kind text, thing uuid, now_there integer, expected integer[]) returns void
language plpgsql stable as $$
declare
    last_act record;
begin
    if expected is null or now_there = any (expected) then
        return;
    end if;
    -- The first act that left a version made it; later ones with the same have changed nothing that it counts.
    select u.at, u.account_id into last_act
      from audit u
     where u.thing = require_version.thing and u.kind = thing_kind and u.version = now_there
     order by u.at, u.id limit 1;
    perform refuse('MB412', format('It has changed: it is at version %s.', now_there), json_build_object(
        'version', now_there, 'updated_by', account_card(last_act.account_id),
        'updated_at', coalesce(rfc3339(last_act.at), rfc3339(clock_timestamp())),
        'changed', (select coalesce(json_agg(distinct field), '[]')
                      from (select distinct on (u.version) u.fields from audit u
                             where u.thing = require_version.thing and u.kind = thing_kind
                               and u.version > (select max(n) from unnest(expected) n)
                             order by u.version, u.at, u.id) made, unnest(made.fields) field)));
end $$;

-- Locks a row for a change, and refuses who does not know its version. `noun`: what a person calls it. For whatever has its
-- history in the audit; articles have their own (article_lock).
create function lock_version(kind text, noun text, thing uuid, expected integer[]) returns void language plpgsql as $$
declare
    now_there integer;
begin
    execute format('select version from %I where id = $1 for no key update', kind) into now_there using thing;
    if now_there is null then
        perform refuse('MB404', format('There is no such %s.', noun));
    end if;
    perform require_version(thing_kind => kind, thing => thing, now_there => now_there, expected => expected);
    perform audit_changed('{}');
end $$;

-- Before update, each row: a version for each change, whoever makes it, and its fields for the audit; what changes nothing makes
-- none. For whatever has `version` and `updated_at`.
create function next_version() returns trigger language plpgsql as $$
declare
    changed text[] := array(
        select replace(key, '_id', '') from jsonb_each(to_jsonb(new))
         where value is distinct from to_jsonb(old) -> key and key not in ('version', 'created_at', 'updated_at')
         order by key);
begin
    if changed = '{}' then
        return null;
    end if;
    perform audit_changed(changed);
    new.version := old.version + 1;
    new.updated_at := greatest(clock_timestamp(), old.updated_at + interval '1 microsecond');
    return new;
end $$;
