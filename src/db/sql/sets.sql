-- The sets of definitions that a database has, newest first. A server is connected under its set's name; `whole` says that
-- no trigger of a set is missing.
select n.nspname as name,
       s.name is not null and s.retired_at is null as recorded,
       s.applied_at is not null and s.applied_at = max(s.applied_at) over () as newest,
       exists (select
                 from pg_stat_activity a
                where a.datname = current_database() and a.application_name = n.nspname
                  and a.pid <> pg_backend_pid()) as used,
       cardinality(s.triggers) = (select count(*)
                                    from pg_trigger t
                                    join pg_proc p on p.oid = t.tgfoid
                                   where p.pronamespace = n.oid and not t.tgisinternal) as whole
  from pg_namespace n
  left join marbre.definition_sets s on s.name = n.nspname
 where n.nspname ~ '^marbre_[0-9a-f]{12}$'
 order by s.applied_at desc nulls last, n.nspname
