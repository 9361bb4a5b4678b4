-- Triggers that are left of other sets go, and the set is recorded as the newest, with its triggers as PostgreSQL writes
-- them where no name is short.
do $$
declare
    set_name text := current_setting('marbre.definitions');
    server text := current_setting('marbre.server_role');
    leftover record;
begin
    for leftover in
        select t.tgname, t.tgrelid::regclass as on_table
          from pg_trigger t
          join pg_proc p on p.oid = t.tgfoid
         where not t.tgisinternal
           and p.pronamespace::regnamespace::text ~ '^marbre_[0-9a-f]{12}$' and p.pronamespace <> set_name::regnamespace
    loop
        execute format('drop trigger %I on %s', leftover.tgname, leftover.on_table);
    end loop;
    perform set_config('search_path', '', true);
    insert into marbre.definition_sets (name, sha256, triggers)
    select set_name, current_setting('marbre.definitions_sha256'),
           coalesce(array_agg(pg_get_triggerdef(t.oid) order by t.tgrelid::regclass::text, t.tgname), '{}')
      from pg_trigger t
      join pg_proc p on p.oid = t.tgfoid
     where p.pronamespace = set_name::regnamespace and not t.tgisinternal
    on conflict (name) do update set triggers = excluded.triggers, applied_at = clock_timestamp(), retired_at = null;
    execute format('revoke all on marbre.definition_sets from %I', server);
    execute format('grant select on marbre.definition_sets to %I', server);
end $$
