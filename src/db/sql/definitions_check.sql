-- Every body of a set is read by its language. Functions of triggers get a path of their own, for they work for servers of
-- other sets, too; no other function has one, or PostgreSQL could not put it into the statement that calls it.
do $$
declare
    set_name text := current_setting('marbre.definitions');
    function record;
begin
    perform set_config('check_function_bodies', 'on', true);
    for function in
        select p.oid, p.oid::regprocedure as name, l.lanname as language, p.prorettype = 'trigger'::regtype as of_trigger
          from pg_proc p
          join pg_language l on l.oid = p.prolang
         where p.pronamespace = set_name::regnamespace
         order by p.oid
    loop
        begin
            if function.language = 'sql' then
                perform fmgr_sql_validator(function.oid);
            elsif function.language = 'plpgsql' then
                perform plpgsql_validator(function.oid);
            end if;
        exception when others then
            raise exception using errcode = sqlstate, message = format('%s: %s', function.name, sqlerrm);
        end;
        if function.of_trigger then
            execute format('alter function %s set search_path = %I, marbre', function.name, set_name);
        end if;
    end loop;
end $$
