-- The role that the server runs as, and what everything else is made of.

create extension if not exists btree_gist with schema marbre; -- a range that no other range of the same article overlaps
create extension if not exists pg_trgm with schema marbre;    -- titles by a part of them

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

-- Revokes a privilege from the serving role, which gets all four on each new table: for tables that only grow.
create function revoke_from_server(privileges text, from_table regclass) returns void language plpgsql as $$
begin
    execute format('revoke %s on %s from %I', privileges, from_table, current_setting('marbre.server_role'));
end $$;

-- A name in an address: lower case, digits and single hyphens, and never what looks like an id. Byte order, whatever the
-- database's language: ranges over slugs mean the same everywhere.
create domain slug as text collate "C"
    check (value ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(value) <= 120
           and value !~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$');
