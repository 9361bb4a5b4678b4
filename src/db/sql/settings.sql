-- What the files beside this one and migrations ask for by current_setting. Of the set's triggers, `table.trigger` each.
select set_config('marbre.server_role', :role, false),
       set_config('marbre.definitions', :set, false),
       set_config('marbre.definitions_sha256', :sha256, false),
       set_config('marbre.triggers',
                  (select coalesce(string_agg(found[2] || '.' || found[1], ','), '')
                     from regexp_matches(:texts, '^create or replace trigger (\w+)\s[^;]*?\son (\w+)', 'gw') found),
                  false)
