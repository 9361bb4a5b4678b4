-- So that psql finds names plainly. Servers set their own path; whether the owner may tell another role its default
-- depends on the cluster.
do $$
declare
    path text := format('%I, marbre', current_setting('marbre.definitions'));
begin
    execute format('alter role current_user in database %I set search_path = %s', current_database(), path);
    begin
        execute format('alter role %I in database %I set search_path = %s', current_setting('marbre.server_role'),
                       current_database(), path);
    exception when insufficient_privilege then
        null;
    end;
end $$
