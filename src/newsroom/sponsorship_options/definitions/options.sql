-- What can be sponsored.

create or replace trigger next_version before update on sponsorship_options
    for each row execute function next_version();

-- A text in both languages as a merge patch makes it.
create function patched_languages(patch json, was jsonb) returns jsonb language sql immutable as $$
    select case when patch is null then was
                when json_typeof(patch) = 'object' then coalesce(was, '{}') || patch::jsonb end
$$;

create function sponsorship_option_document(option uuid) returns json language plpgsql stable as $$
begin
    return (select json_build_object('id', id, 'version', version, 'kind', kind, 'label', label, 'description', description,
                                     'position', position, 'offered', offered,
                                     'created_at', rfc3339(created_at), 'updated_at', rfc3339(updated_at))
              from sponsorship_options
             where id = option);
end $$;
