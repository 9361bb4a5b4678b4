-- An API key as admins get it, never the key itself. Its plan is kept: a list asks for one after the other.
create function api_key_document(api_key uuid) returns json language plpgsql stable as $$
begin
    return (select json_build_object('id', k.id, 'version', a.version, 'name', a.name, 'role', a.role, 'hint', k.hint,
                                     'active', a.active and (k.expires_at is null or k.expires_at > clock_timestamp()),
                                     'expires_at', rfc3339(k.expires_at), 'last_used_at', rfc3339(k.last_used_at),
                                     'created_at', rfc3339(a.created_at), 'created_by', account_card(k.created_by))
              from api_keys k join accounts a on a.id = k.id
             where k.id = api_key);
end $$;
