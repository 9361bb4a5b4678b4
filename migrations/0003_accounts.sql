-- Who may call: accounts, how they prove who they are, and what editors edit.

-- A caller is an account: a person's, who logs in by address and password, or a program's, which sends an API key. None is
-- deleted, since what it did names it; one that is disabled (`active`) calls no more. The last active admin stays one: a
-- trigger sees to it, by whatever road it would go.
create table accounts (
    id            uuid primary key,
    version       integer not null default 1,
    kind          text not null default 'person' check (kind in ('person', 'program')),
    email         text unique check (email = lower(email) and email ~ '^[^@\s]+@[^@\s]+$'),
    name          text not null check (name ~ '\S'),
    role          text not null check (role in ('contributor', 'editor', 'chief', 'sales', 'admin')),
    password_hash text,
    active        boolean not null default true,
    epoch         integer not null default 1, -- access tokens name the one in which they were made; raising it ends them all
    created_at    timestamptz not null default clock_timestamp(),
    updated_at    timestamptz not null default clock_timestamp(),
    constraint accounts_person_has_email check ((kind = 'person') = (email is not null)),
    constraint accounts_program_has_no_password check (kind = 'person' or password_hash is null)
);
create index accounts_by_name on accounts (name, id);

-- The sections that an editor edits, each with those below it; an editor without any edits all.
create table account_sections (
    account_id uuid not null references accounts on delete cascade,
    section_id uuid not null references sections,
    position   integer not null,
    primary key (account_id, section_id)
);
create index account_sections_of_section on account_sections (section_id);

-- Only the hash of a key is kept; `hint` is how it begins, so that people can tell one from another. The id is that of its
-- account, which has the role.
create table api_keys (
    id           uuid primary key references accounts on delete cascade,
    hash         text not null unique,
    hint         text not null,
    expires_at   timestamptz,
    last_used_at timestamptz, -- to the minute
    created_by   uuid references accounts
);

-- A login: thirty days from the password on, one row a device. Access tokens name the session, so revoking it ends them.
create table sessions (
    id         uuid primary key,
    account_id uuid not null references accounts on delete cascade,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null,
    revoked_at timestamptz,
    seen_at    timestamptz not null default clock_timestamp(), -- when its refresh token was last traded, and from where
    address    inet,
    agent      text                                            -- what the client calls itself
);
create index sessions_of_account on sessions (account_id);
create index sessions_by_expiry on sessions (expires_at);

-- What keeps a session alive: each is traded once for an access token and the next one. Only the hash is kept.
create table refresh_tokens (
    hash       text primary key,
    session_id uuid not null references sessions on delete cascade,
    created_at timestamptz not null default clock_timestamp(),
    used_at    timestamptz,                -- when it was traded for the next one
    siblings   integer not null default 0  -- traded again shortly after, for a reply that was lost
);
create index refresh_tokens_of_session on refresh_tokens (session_id);

-- Tries to log in since the last one that succeeded, for any address, be there an account or not: a stranger learns nothing
-- from being told to wait. Counted before the password is looked at, so that many at once count too; for an address and the
-- network that they come from, so that strangers elsewhere keep nobody out, and for the address from everywhere
-- (network ''), with much more patience.
create table login_attempts (
    email_hash  text not null,
    network     text not null default '',
    attempts    integer not null,
    last_at     timestamptz not null,
    rests_until timestamptz,
    primary key (email_hash, network)
);
create index login_attempts_by_age on login_attempts (last_at);
