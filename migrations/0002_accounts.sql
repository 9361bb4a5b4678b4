-- Who may call: accounts, their sessions, and the refresh tokens that keep a session alive.

create table accounts (
    id            uuid primary key,
    version       integer not null default 1,
    email         text not null unique check (email = lower(email) and email ~ '^[^@\s]+@[^@\s]+$'),
    name          text not null check (name ~ '\S'),
    role          text not null check (role in ('contributor', 'editor', 'chief', 'sales', 'admin')),
    password_hash text,
    active        boolean not null default true,
    -- Access tokens name the epoch in which they were made; raising it ends them all.
    epoch         integer not null default 1,
    created_at    timestamptz not null default clock_timestamp(),
    updated_at    timestamptz not null default clock_timestamp()
);

create table sessions (
    id         uuid primary key,
    account_id uuid not null references accounts on delete cascade,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null,
    revoked_at timestamptz
);
create index sessions_of_account on sessions (account_id);

-- Tries to log in since the last one that succeeded, for any address, be there an account or not: a stranger learns
-- nothing from being told to wait. Counted before the password is looked at, so that many at once count too.
create table login_attempts (
    email_hash text primary key,
    attempts   integer not null,
    last_at    timestamptz not null,
    rests_until timestamptz
);
create index login_attempts_by_age on login_attempts (last_at);

create function email_hash(email text) returns text language sql immutable as $$
    select encode(sha256(convert_to(lower(email), 'UTF8')), 'hex')
$$;

-- Only the hash of a token is kept. `used_at` is when it was traded for the next one.
create table refresh_tokens (
    hash       text primary key,
    session_id uuid not null references sessions on delete cascade,
    created_at timestamptz not null default clock_timestamp(),
    used_at    timestamptz,
    siblings   integer not null default 0 -- traded again shortly after, for a reply that was lost
);
create index refresh_tokens_of_session on refresh_tokens (session_id);

-- Says who is calling for the rest of the transaction, or refuses. What counts is what is true now: a disabled account,
-- a lowered role or a revoked session stops at its next call.
create function caller_enter(account uuid, session uuid, token_epoch integer, roles text[]) returns void
language plpgsql as $$
declare
    caller record;
begin
    select a.id, a.role, a.active and a.epoch = token_epoch and s.revoked_at is null
                                  and s.expires_at > clock_timestamp() as welcome
      into caller
      from accounts a
      join sessions s on s.account_id = a.id
     where a.id = account and s.id = session;
    if not found or not caller.welcome then
        perform refuse('MB401', 'The token is no longer good: log in again.');
    end if;
    if caller.role <> all (roles) then
        perform refuse('MB403', format('The role %s may not do this; it takes %s.', caller.role,
                                       array_to_string(roles, ' or ')));
    end if;
    perform set_config('marbre.caller_id', caller.id::text, true), set_config('marbre.caller_role', caller.role, true);
end $$;

create function caller_id() returns uuid language sql stable as $$
    select nullif(current_setting('marbre.caller_id', true), '')::uuid
$$;

create function caller_role() returns text language sql stable as $$
    select nullif(current_setting('marbre.caller_role', true), '')
$$;

-- The last active admin cannot be removed, by whatever road.
create function accounts_keep_an_admin() returns trigger language plpgsql as $$
begin
    if not exists (select from old_rows o where role = 'admin' and active and not exists (
                       select from accounts a where a.id = o.id and a.role = 'admin' and a.active)) then
        return null;
    end if;
    -- Of two who remove each other, the second waits here until the first is done, and then sees it.
    perform pg_advisory_xact_lock(hashtextextended('marbre.accounts_keep_an_admin', 0));
    if not exists (select from accounts where role = 'admin' and active) then
        perform refuse('MB409', 'This is the last active admin: make another one first.');
    end if;
    return null;
end $$;

create trigger accounts_keep_an_admin_on_update after update on accounts referencing old table as old_rows
    for each statement execute function accounts_keep_an_admin();
create trigger accounts_keep_an_admin_on_delete after delete on accounts referencing old table as old_rows
    for each statement execute function accounts_keep_an_admin();

-- Trades a refresh token for the next one. A token trades once, and once more within 30 seconds (a lost reply, two
-- tabs); a third within them is turned away. Later use of an old one means that somebody else has it, and ends the
-- session. Says what came of it instead of refusing, since the end of a session has to be kept. No row: nobody knows this
-- token.
create function session_trade(old_hash text, new_hash text,
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
    elsif not recent then
        update sessions set revoked_at = clock_timestamp() where id = token.session_id and revoked_at is null;
    end if;
    return next;
end $$;
