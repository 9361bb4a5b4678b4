-- All tables' locks, in the order of their names, so that nothing is written while triggers change, and two who migrate
-- never wait for each other. Readers go on, but where a trigger has to go, which takes the whole table: that lock is taken
-- here, too, since one that is taken later may be waited for in a circle. All of it together has a moment, or writers would
-- queue behind a long line of locks.
set local statement_timeout = '300ms';
do $$
declare
    kept text[] := string_to_array(current_setting('marbre.triggers'), ',');
    newsroom record;
begin
    for newsroom in
        select c.relname as name,
               exists (select
                         from pg_trigger t
                         join pg_proc p on p.oid = t.tgfoid
                         join pg_namespace n on n.oid = p.pronamespace
                        where t.tgrelid = c.oid and not t.tgisinternal and n.nspname ~ '^marbre_[0-9a-f]{12}$'
                          and n.nspname <> current_setting('marbre.definitions')
                          and c.relname || '.' || t.tgname <> all (kept)) as loses_trigger
          from pg_class c
         where c.relnamespace = 'marbre'::regnamespace and c.relkind in ('r', 'p')
         order by c.relname collate "C"
    loop
        execute format('lock table marbre.%I in %s mode', newsroom.name,
                       case when newsroom.loses_trigger then 'access exclusive' else 'share row exclusive' end);
    end loop;
end $$;
set local statement_timeout = 0
