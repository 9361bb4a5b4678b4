-- An empty schema for a set. One that nobody recorded, or that was given up, is what an earlier migrate left behind.
-- Bodies are looked at once all of them are there, in definitions_check.
do $$
declare
    set_name text := current_setting('marbre.definitions');
begin
    execute format('drop schema if exists %I cascade', set_name);
    execute format('create schema %I', set_name);
    execute format('grant usage on schema %I to %I', set_name, current_setting('marbre.server_role'));
    perform set_config('search_path', set_name || ', marbre', true);
    perform set_config('check_function_bodies', 'off', true);
end $$
