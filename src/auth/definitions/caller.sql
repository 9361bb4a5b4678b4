-- Who is calling, for the rest of a transaction: settings that caller_enter makes and the others read.

-- Says who is calling, or refuses: by the session of an access token, or by the hash of an API key. What counts is what is
-- true now: a disabled account, another role, a revoked session or key stops at its next call. A function, since it goes one
-- of two ways, each with a plan that is kept.
create function caller_enter(account uuid, session uuid, token_epoch integer, key_hash text, roles text[]) returns void
language plpgsql as $$
declare
    caller record;
begin
    if key_hash is not null then
        select a.id, a.role, a.name, null::uuid as session_id, a.id as key_id,
               a.active and (k.expires_at is null or k.expires_at > clock_timestamp()) as welcome,
               k.last_used_at < clock_timestamp() - interval '1 minute' or k.last_used_at is null as note_use
          into caller
          from api_keys k join accounts a on a.id = k.id
         where k.hash = key_hash;
    else
        select a.id, a.role, a.name, s.id as session_id, null::uuid as key_id,
               a.active and a.epoch = token_epoch and s.revoked_at is null and s.expires_at > clock_timestamp() as welcome,
               false as note_use
          into caller
          from accounts a join sessions s on s.account_id = a.id
         where a.id = account and s.id = session;
    end if;
    if not found or not caller.welcome then
        perform refuse('MB401', case when key_hash is null then 'The token is no longer good: trade the refresh token, or log in again.'
                                     else 'This API key is not good, or no longer.' end);
    end if;
    if caller.role <> all (roles) then
        perform refuse('MB403', format('The role %s may not do this; it takes %s.', caller.role,
                                       array_to_string(roles, ' or ')));
    end if;
    perform set_config('marbre.caller_id', caller.id::text, true), set_config('marbre.caller_role', caller.role, true),
            set_config('marbre.caller_session', coalesce(caller.session_id::text, ''), true),
            set_config('marbre.caller_key', coalesce(caller.key_id::text, ''), true),
            set_config('marbre.caller_sections',
                       case caller.role when 'editor' then coalesce(sections_of_account(caller.id)::text, '') else '' end, true);
    if caller.note_use then
        update api_keys set last_used_at = clock_timestamp()
         where id = (select id from api_keys where id = caller.key_id for update skip locked);
    end if;
end $$;

-- The sections of an account and all that is below them; null where none are set.
create function sections_of_account(account uuid) returns uuid[] language plpgsql stable as $$
begin
    return (with recursive edited as (
                select section_id from account_sections where account_id = account
                union
                select s.id from edited e join sections s on s.parent_id = e.section_id
            )
            select array_agg(section_id) from edited);
end $$;

create function caller_id() returns uuid language sql stable as $$
    select nullif(current_setting('marbre.caller_id', true), '')::uuid
$$;

create function caller_role() returns text language sql stable as $$
    select nullif(current_setting('marbre.caller_role', true), '')
$$;

-- Null for a program, which has no session.
create function caller_session() returns uuid language sql stable as $$
    select nullif(current_setting('marbre.caller_session', true), '')::uuid
$$;

-- Null for a person, who has no API key.
create function caller_key() returns uuid language sql stable as $$
    select nullif(current_setting('marbre.caller_key', true), '')::uuid
$$;

-- The sections that the caller edits; null means all.
create function caller_sections() returns uuid[] language sql stable as $$
    select nullif(current_setting('marbre.caller_sections', true), '')::uuid[]
$$;

-- Whether the caller edits what is filed so: chiefs and admins edit all, an editor their sections, or all if none are
-- set.
create function caller_edits(content bigint) returns boolean language plpgsql stable as $$
begin
    return caller_role() in ('chief', 'admin')
        or (caller_role() = 'editor'
            and (caller_sections() is null
                 or exists (select from article_sections where content_id = content and section_id = any (caller_sections()))));
end $$;

-- What the caller may know of: their own, and what they edit; sales knows of none.
create function caller_may_see(created_by uuid, content bigint) returns boolean language sql stable as $$
    select caller_role() <> 'sales' and (coalesce(created_by = caller_id(), false) or caller_edits(content))
$$;
