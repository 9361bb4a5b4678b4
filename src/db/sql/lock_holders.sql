-- Who holds locks on the newsroom's tables, the longest transaction first: for the sentence with which migrate gives up.
select 'process ' || a.pid || ' (' || coalesce(nullif(a.application_name, ''), 'of no name') || ', as '
       || coalesce(a.usename, 'PostgreSQL itself') || ') on ' || string_agg(distinct c.relname, ', ' order by c.relname) as holder
  from pg_locks l
  join pg_class c on c.oid = l.relation and c.relnamespace = 'marbre'::regnamespace and c.relkind in ('r', 'p')
  join pg_stat_activity a on a.pid = l.pid
 where l.database = (select oid from pg_database where datname = current_database())
   and l.granted and l.pid <> pg_backend_pid()
 group by a.pid, a.application_name, a.usename, a.xact_start
 order by a.xact_start
 limit 1
