-- Each table's lock, waited for by itself while no other is held, and given back: autovacuum gives way only to who waits for
-- longer than deadlock_timeout (a second).
do $$
declare
    newsroom text;
begin
    for newsroom in
        select relname
          from pg_class
         where relnamespace = to_regnamespace('marbre') and relkind in ('r', 'p')
         order by relname
    loop
        begin
            perform set_config('lock_timeout', '1200ms', true);
            execute format('lock table marbre.%I in share row exclusive mode', newsroom);
        exception when lock_not_available then
            null;
        end;
        commit;
    end loop;
end $$
