-- What is kept of the operations themselves: who did what, answers that are given again, and work that is done from time to
-- time.

-- Who did what to which thing, when, and from where: ids and names of fields, never what was in them. Written in the
-- transaction of the act itself, and never changed after. No foreign keys: what was done stays true when an account is gone.
create table audit (
    id         bigint generated always as identity primary key,
    at         timestamptz not null default clock_timestamp(),
    operation  text not null,   -- of the contract, or the words of a command
    kind       text not null,   -- of the thing: the name of its collection
    thing      uuid,
    version    integer,         -- of the thing, after the act
    fields     text[] not null default '{}',
    account_id uuid,
    session_id uuid,
    key_id     uuid,
    address    inet,
    request_id text,
    subject    text             -- of an erasure: whom it was about, as a keyed hash, so that it can be shown that it was done
);
create index audit_newest on audit (at desc, id desc);
create index audit_of_thing on audit (thing, at desc, id desc);
create index audit_of_account on audit (account_id, at desc, id desc);
select revoke_from_server('update, delete', 'audit');

-- The first answer to a request with an Idempotency-Key, for a day. `request` is a hash of what was asked.
create table idempotency_records (
    caller     text not null, -- an account's id; empty for the public
    operation  text not null,
    key        text not null,
    request    text not null,
    made       uuid,          -- the id of what was made or changed
    answer     json not null, -- columns of the last statement, or the status and body of a refusal
    created_at timestamptz not null default clock_timestamp(),
    primary key (caller, operation, key)
);
create index idempotency_records_by_age on idempotency_records (created_at);

-- What the servers do from time to time; each is done by one of them. A row is made at a job's first turn.
create table jobs (
    name    text primary key,
    due_at  timestamptz not null default clock_timestamp(),
    ran_at  timestamptz,
    erased  bigint not null default 0 -- so far, of all runs
);
