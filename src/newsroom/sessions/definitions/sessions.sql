-- Logging in, and staying logged in.

create function email_hash(email text) returns text language sql stable as $$
    select encode(sha256(convert_to(lower(email), 'UTF8')), 'hex')
$$;

-- An IPv4 address, or the /64 of an IPv6 one.
create function network_of(address text) returns text language sql stable as $$
    select case family(address::inet) when 4 then address else network(set_masklen(address::inet, 64))::text end
$$;

-- Counts a try under the row's lock. The `most`th in a row sends the address to rest for a minute; after that each further
-- try does, until one succeeds or fifteen minutes pass. Says whether it rests.
create function login_count(hash text, from_network text, most integer) returns boolean language sql as $$
    insert into login_attempts as t (email_hash, network, attempts, last_at)
    values (hash, from_network, 1, clock_timestamp())
    on conflict (email_hash, network) do update
       set attempts = case when t.last_at < clock_timestamp() - interval '15 minutes' then 1
                           when t.rests_until < clock_timestamp() then most
                           else t.attempts + 1 end,
           rests_until = case when t.last_at < clock_timestamp() - interval '15 minutes' then null
                              when t.rests_until > clock_timestamp() then t.rests_until
                              when t.attempts >= most - 1 then clock_timestamp() + interval '1 minute' end,
           last_at = clock_timestamp()
    returning attempts > most
$$;

-- Counts a try to log in and says whether it has to wait. What waits for its own network's sake is not held against others.
create function login_attempt(email text, address text) returns boolean language sql as $$
    select case when login_count(email_hash(email), network_of(coalesce(nullif(address, ''), '0.0.0.0')), 10) then true
                else login_count(email_hash(email), '', 100) end
$$;

-- Trades a refresh token for the next one. A token trades once, and once more within 30 seconds (a lost reply, two
-- tabs); a third within them is turned away. Later use of an old one means that somebody else has it, and ends the
-- session. Says what came of it instead of refusing, since the end of a session has to be kept. No row: nobody knows this
-- token. A function, since it looks at the session after it has the token's lock.
create function session_refresh(old_hash text, new_hash text, from_address text, request text,
                                out traded boolean, out session uuid, out account uuid)
returns setof record language plpgsql as $$
declare
    token refresh_tokens;
    recent boolean;
begin
    select t.* into token from refresh_tokens t where t.hash = old_hash for update;
    if not found then
        return;
    end if;
    select s.id, s.account_id into session, account
      from sessions s join accounts a on a.id = s.account_id
     where s.id = token.session_id and s.revoked_at is null and s.expires_at > clock_timestamp() and a.active;
    recent := token.used_at is null or token.used_at > clock_timestamp() - interval '30 seconds';
    traded := found and recent and token.siblings = 0;
    if traded then
        update refresh_tokens set used_at = coalesce(used_at, clock_timestamp()),
                                  siblings = siblings + (used_at is not null)::integer
         where hash = old_hash;
        insert into refresh_tokens (hash, session_id) values (new_hash, token.session_id);
        update sessions set seen_at = clock_timestamp(), address = nullif(from_address, '')::inet where id = token.session_id;
    elsif not recent then
        perform session_end_reused(token.session_id, from_address, request);
    end if;
    return next;
end $$;

-- Ends a session whose refresh token came a second time, and says so in the audit.
create function session_end_reused(session uuid, from_address text, request text) returns void language plpgsql as $$
begin
    with ended as (
        update sessions set revoked_at = clock_timestamp() where id = session and revoked_at is null
        returning id, account_id
    )
    insert into audit (operation, kind, thing, fields, account_id, session_id, address, request_id)
    select 'refresh_session', 'sessions', id, '{revoked_at}', account_id, id, nullif(from_address, '')::inet, request
      from ended;
end $$;
