-- The audit: who did what to which thing, in the transaction of the act itself.

-- Says which fields an act has really changed, for the audit; `{}` that it has changed none so far.
create function audit_changed(fields text[]) returns void language plpgsql as $$
declare
    so_far text[] := coalesce(nullif(current_setting('marbre.changed', true), '')::text[], '{}');
begin
    perform set_config('marbre.changed',
                       (so_far || array(select field from unnest(fields) field where field <> all (so_far)))::text, true);
end $$;

-- What audit_changed has been told so far; null where nobody has told anything.
create function audit_changes() returns text[] language sql stable as $$
    select nullif(current_setting('marbre.changed', true), '')::text[]
$$;

-- The version that a thing has now; null for things without.
create function version_of(kind text, thing uuid) returns integer language plpgsql stable as $$
declare
    now_there integer;
begin
    execute format('select (to_jsonb(t) ->> ''version'')::integer from %I t where id = $1',
                   case kind when 'api_keys' then 'accounts' else kind end) into now_there using thing; -- keys are accounts
    return now_there;
end $$;

-- Writes down what the caller did to some things of a collection: to the one that an operation is about, and to others that
-- changed with it.
create function audit_write(operation text, kind text, things uuid[], fields text[], address text, request_id text)
returns void language plpgsql as $$
begin
    insert into audit (operation, kind, thing, version, fields, account_id, session_id, key_id, address, request_id)
    select audit_write.operation, audit_write.kind, it, version_of(audit_write.kind, it), audit_write.fields,
           caller_id(), caller_session(), caller_key(), nullif(audit_write.address, '')::inet, audit_write.request_id
      from unnest(things) it;
end $$;

-- An act on the command line: nobody is logged in there.
create function audit_command(command text, account uuid) returns void language plpgsql as $$
begin
    insert into audit (operation, kind, thing, version, fields)
    values (command, 'accounts', account, version_of('accounts', account), coalesce(audit_changes(), '{}'));
end $$;
