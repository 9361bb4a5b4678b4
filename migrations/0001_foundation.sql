-- What everything else stands on: the role that serves, and how a statement says no.

create extension if not exists btree_gist with schema marbre;

-- The server serves as a role that owns nothing and can drop nothing. It may exist already: roles belong to the whole
-- cluster, and ops may have made it with a login.
do $$
declare
    server text := current_setting('marbre.server_role');
begin
    if server = current_user then
        raise exception 'MARBRE_DATABASE_ROLE is %, which also owns the tables: it must be another role', server;
    end if;
    if not exists (select from pg_roles where rolname = server) then
        execute format('create role %I nologin', server);
    end if;
    if not pg_has_role(current_user, server, 'member') then
        execute format('grant %I to %I', server, current_user);
    end if;
    execute format('grant usage on schema marbre to %I', server);
    execute format('grant select on marbre.migrations to %I', server);
    execute format('alter default privileges in schema marbre grant select, insert, update, delete on tables to %I',
                   server);
    execute format('alter default privileges in schema marbre grant usage on sequences to %I', server);
end $$;

-- Takes a right back from the serving role: for tables that only grow.
create function withhold(rights text, from_table regclass) returns void language plpgsql as $$
begin
    execute format('revoke %s on %s from %I', rights, from_table, current_setting('marbre.server_role'));
end $$;

-- A refusal. `sqlstate` is of our own class MB and ends in the HTTP status; `sentence` is for a person; `more` becomes
-- members of the problem document. The rest of the list is not run, and nothing is changed.
create function refuse(sqlstate text, sentence text, more json default null) returns void language plpgsql as $$
begin
    raise exception using errcode = sqlstate, message = sentence, detail = coalesce(more::text, '');
end $$;

-- The same as a condition, for use inside statements.
create function require(fine boolean, sqlstate text, sentence text, more json default null) returns void
language plpgsql as $$
begin
    if fine is not true then
        perform refuse(sqlstate, sentence, more);
    end if;
end $$;

-- Times as the API writes them: RFC 3339 in UTC with Z, milliseconds.
create function rfc3339(at timestamptz) returns text language sql immutable parallel safe as $$
    select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

-- A member of a merge patch (RFC 7396): what the patch says when it has the member, be it null, else what there was.
create function patched(patch json, member text, was text) returns text language sql immutable parallel safe as $$
    select case when patch -> member is null then was else patch ->> member end
$$;

-- Byte order, whatever the database's language: ranges over slugs mean the same everywhere.
create domain slug as text collate "C"
    check (value ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(value) <= 120
           and value !~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$');

-- The slug with a number behind it, within its length: 1 gives the slug itself, 2 gives `slug-2`.
create function slug_candidate(base text, number integer) returns text language sql immutable parallel safe as $$
    select case when number = 1 then base
                else rtrim(left(base, 119 - length(number::text)), '-') || '-' || number end
$$;
