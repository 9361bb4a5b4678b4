-- All tables' locks, in the order of their names, so that nothing is written while triggers change, and two who migrate
-- never wait for each other. Readers go on. The whole of it has a moment, or writers would queue behind a long line of locks.
set local statement_timeout = '300ms';
do $$
begin
    execute (select 'lock table ' || string_agg(format('marbre.%I', relname), ', ' order by relname collate "C")
                    || ' in share row exclusive mode'
               from pg_class
              where relnamespace = 'marbre'::regnamespace and relkind in ('r', 'p'));
end $$;
set local statement_timeout = 0
