-- How SQL says no: an error that becomes a problem document, and undoes all of the transaction.

-- A refusal. `sqlstate` is of our own class MB and ends in the HTTP status; `sentence` is for a person; `more` becomes
-- members of the problem document. The rest of the list is not run, and nothing is changed.
create function refuse(sqlstate text, sentence text, more json default null) returns void language plpgsql as $$
begin
    raise exception using errcode = sqlstate, message = sentence, detail = coalesce(more::text, '');
end $$;

-- The same as a condition, for use inside statements.
create function require(fine boolean, sqlstate text, sentence text, more json default null) returns void
language plpgsql as $$
begin
    if fine is not true then
        perform refuse(sqlstate, sentence, more);
    end if;
end $$;

-- A problem's `errors`, where there is one: which member, by its JSON pointer, and what is wrong with it.
create function error_at(pointer text, detail text) returns json language sql stable parallel safe as $$
    select json_build_object('errors', json_build_array(json_build_object('pointer', pointer, 'detail', detail)))
$$;

-- Several of them: `json_agg` of rows of this type is a problem's `errors`.
create type fault as (pointer text, detail text);

-- Refuses members of `given` that say something else than what is stored.
create function require_same(given json, stored json) returns void language plpgsql as $$
declare
    faults json;
begin
    select json_agg(json_build_object('pointer', '/' || key, 'detail',
                    format('The server writes this; it is %s.', stored -> key)))
      into faults
      from json_object_keys(given) key
     where (given -> key)::jsonb is distinct from (stored -> key)::jsonb;
    if faults is not null then
        perform refuse('MB422', 'Some members can only be read.', json_build_object('errors', faults));
    end if;
end $$;
