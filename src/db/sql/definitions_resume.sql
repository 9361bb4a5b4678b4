-- The triggers of a set that was applied before, put back: a release that is gone back to, or a trigger that went missing.
do $$
declare
    definition text;
begin
    foreach definition in array (select triggers
                                   from marbre.definition_sets
                                  where name = current_setting('marbre.definitions'))
    loop
        execute regexp_replace(definition, '^CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER');
    end loop;
end $$
