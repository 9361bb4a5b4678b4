-- All tables' locks, in the order of their names, so that nothing is written while triggers change, and two who migrate
-- never wait for each other. Readers go on. All of it together has a moment: writers would queue behind a long line of locks.
do $$
begin
    perform set_config('statement_timeout', current_setting('marbre.locks_ms'), true);
end $$;
do $$
begin
    execute (select 'lock table ' || string_agg(format('marbre.%I', relname), ', ' order by relname collate "C")
                    || ' in share row exclusive mode'
               from pg_class
              where relnamespace = 'marbre'::regnamespace and relkind in ('r', 'p'));
end $$;
set local statement_timeout = 0
