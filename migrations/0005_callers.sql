-- Callers, whole: programs beside people, the sections of an editor, who was here and what they did, and answers that
-- are given again.

-- ------------------------------------------------------------------------------------------------ accounts

-- A caller is an account: a person's, who logs in by address and password, or a program's, which sends an API key.
alter table accounts add column kind text not null default 'person' check (kind in ('person', 'program'));
alter table accounts alter email drop not null;
alter table accounts add constraint accounts_person_has_email check ((kind = 'person') = (email is not null));
alter table accounts add constraint accounts_program_has_no_password check (kind = 'person' or password_hash is null);
create index accounts_by_name on accounts (name, id);

-- The sections that an editor edits, each with those below it; an editor without any edits all.
create table account_sections (
    account_id uuid not null references accounts on delete cascade,
    section_id uuid not null references sections,
    position   integer not null,
    primary key (account_id, section_id)
);
create index account_sections_of_section on account_sections (section_id);

-- Only the hash of a key is kept; `hint` is how it begins, so that people can tell one from another. The id is that of
-- its account, which has the role.
create table api_keys (
    id           uuid primary key references accounts on delete cascade,
    hash         text not null unique,
    hint         text not null,
    expires_at   timestamptz,
    last_used_at timestamptz,
    created_by   uuid references accounts
);

alter table sessions add column seen_at timestamptz not null default clock_timestamp();
alter table sessions add column address inet;
alter table sessions add column agent text; -- what the client calls itself

-- Ends whatever somebody has open: every session, and every access token.
create function account_shut(account uuid) returns void language sql as $$
    update accounts set epoch = epoch + 1 where id = account;
    update sessions set revoked_at = clock_timestamp() where account_id = account and revoked_at is null;
$$;

create function account_disable(account uuid) returns void language sql as $$
    update accounts set active = false where id = account;
    select account_shut(account);
$$;

-- A version for each change that somebody sees, and its fields for the audit; the tokens of a role that was taken away
-- are good for nothing more, and nobody gives themselves a role.
create function account_changes() returns trigger language plpgsql as $$
declare
    changed text[] := array_remove(array[case when new.email <> old.email then 'email' end,
                                         case when new.name <> old.name then 'name' end,
                                         case when new.role <> old.role then 'role' end,
                                         case when new.active <> old.active then 'active' end], null);
begin
    if new.role <> old.role then
        if caller_id() = new.id then
            perform refuse('MB403', 'Nobody changes their own role: another admin may.');
        end if;
        new.epoch := greatest(new.epoch, old.epoch + 1);
    end if;
    if caller_id() = new.id and old.active and not new.active then
        perform refuse('MB403', 'Nobody disables themselves: another admin may.');
    end if;
    if changed <> '{}' or new.version <> old.version then
        perform audit_changed(changed);
        new.version := old.version + (old.updated_at < now())::integer; -- once a transaction
        new.updated_at := greatest(clock_timestamp(), old.updated_at + interval '1 microsecond');
    end if;
    return new;
end $$;

create trigger account_changes before update on accounts for each row execute function account_changes();

-- The last active admin who can log in cannot be removed, by whatever road: a program does not count.
create or replace function accounts_keep_an_admin() returns trigger language plpgsql as $$
begin
    if not exists (select from old_rows o where role = 'admin' and active and kind = 'person' and not exists (
                       select from accounts a where a.id = o.id and a.role = 'admin' and a.active)) then
        return null;
    end if;
    -- Of two who remove each other, the second waits here until the first is done, and then sees it.
    perform pg_advisory_xact_lock(hashtextextended('marbre.accounts_keep_an_admin', 0));
    if not exists (select from accounts where role = 'admin' and active and kind = 'person') then
        perform refuse('MB409', 'This is the last active admin: make another one first.');
    end if;
    return null;
end $$;

-- --------------------------------------------------------------------------------------------------- audit

-- Who did what to which thing, when, and from where: ids and names of fields, never what was in them. Written in the
-- transaction of the act itself, and never changed after.
create table audit (
    id         bigint generated always as identity primary key,
    at         timestamptz not null default clock_timestamp(),
    operation  text not null,   -- of the contract, or the words of a command
    kind       text not null,   -- of the thing: the name of its collection
    thing      uuid,
    version    integer,         -- of the thing, after the act
    fields     text[] not null default '{}',
    account_id uuid,            -- no foreign keys: what was done stays true when an account is gone
    session_id uuid,
    key_id     uuid,
    address    inet,
    request_id text
);
create index audit_newest on audit (at desc, id desc);
create index audit_of_thing on audit (thing, at desc, id desc);
create index audit_of_account on audit (account_id, at desc, id desc);
select withhold('update, delete', 'audit');

-- The version that a thing has now; null for things without.
create function version_of(kind text, thing uuid) returns integer language plpgsql stable as $$
declare
    now_there integer;
begin
    execute format('select (to_jsonb(t) ->> ''version'')::integer from %I t where id = $1',
                   case kind when 'api_keys' then 'accounts' else kind end) into now_there using thing; -- keys are accounts
    return now_there;
end $$;

create function caller_session() returns uuid language sql stable as $$
    select nullif(current_setting('marbre.caller_session', true), '')::uuid
$$;

-- Writes down an act of the caller; without a thing it is about the caller's own session or account. What really changed is told by whoever knows (`marbre.changed`), else it is what was
-- sent.
create function audit_record(operation text, kind text, thing uuid, fields text[], address text, request_id text)
returns void language sql as $$
    insert into audit (operation, kind, thing, version, fields, account_id, session_id, key_id, address, request_id)
    select operation, kind, it, version_of(kind, it),
            coalesce(nullif(current_setting('marbre.changed', true), '')::text[], fields, '{}'),
            caller_id(), caller_session(), nullif(current_setting('marbre.caller_key', true), '')::uuid,
            nullif(address, '')::inet, request_id
      from coalesce(thing, case kind when 'sessions' then caller_session() when 'accounts' then caller_id() end) it
$$;

-- Says which fields an act has really changed, for the audit; `{}` that it has changed none so far.
create function audit_changed(fields text[]) returns void language plpgsql as $$
declare
    so_far text[] := coalesce(nullif(current_setting('marbre.changed', true), '')::text[], '{}');
begin
    perform set_config('marbre.changed',
                       (so_far || array(select field from unnest(fields) field where field <> all (so_far)))::text, true);
end $$;

-- Refuses a change of what the caller has not seen. `expected` holds the versions that If-Match names; null is `*`. Who
-- was faster, and what they changed, is in the audit.
create function require_version(thing_kind text, thing uuid, now_there integer, expected integer[]) returns void
language plpgsql stable as $$
declare
    last_act record;
begin
    if expected is null or now_there = any (expected) then
        return;
    end if;
    -- The first act that left a version made it; later ones with the same have changed nothing that it counts.
    select u.at, u.account_id into last_act
      from audit u
     where u.thing = require_version.thing and u.kind = thing_kind and u.version = now_there
     order by u.at, u.id limit 1;
    perform refuse('MB412', format('It has changed: it is at version %s.', now_there), json_build_object(
        'version', now_there, 'updated_by', account_card(last_act.account_id),
        'updated_at', coalesce(rfc3339(last_act.at), rfc3339(clock_timestamp())),
        'changed', (select coalesce(json_agg(distinct field), '[]')
                      from (select distinct on (u.version) u.fields from audit u
                             where u.thing = require_version.thing and u.kind = thing_kind
                               and u.version > (select max(n) from unnest(expected) n)
                             order by u.version, u.at, u.id) made, unnest(made.fields) field)));
end $$;

-- -------------------------------------------------------------------------------------------------- callers

-- The sections that the caller edits; null means all.
create function caller_sections() returns uuid[] language sql stable as $$
    select nullif(current_setting('marbre.caller_sections', true), '')::uuid[]
$$;

-- The sections of an account and all that is below them; null where none are set.
create function sections_of_account(account uuid) returns uuid[] language sql stable as $$
    with recursive edited as (
        select section_id from account_sections where account_id = account
        union
        select s.id from edited e join sections s on s.parent_id = e.section_id
    )
    select array_agg(section_id) from edited
$$;

drop function caller_enter(uuid, uuid, integer, text[]);

-- Says who is calling for the rest of the transaction, or refuses: by the session of an access token, or by the hash of
-- an API key. What counts is what is true now: a disabled account, another role, a revoked session or key stops at its
-- next call.
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

-- What has a session of its own only: an API key has no password and no sessions to look after.
create function require_session() returns void language plpgsql stable as $$
begin
    if caller_session() is null then
        perform refuse('MB403', 'An API key has no session and no password of its own: this takes a person who has logged in.');
    end if;
end $$;

-- Locks an account for a change, as article_lock does.
create function account_lock(account uuid, expected integer[]) returns void language plpgsql as $$
declare
    now_there accounts;
begin
    select * into now_there from accounts where id = account and kind = 'person' for update;
    if not found then
        perform refuse('MB404', 'There is no such account.');
    end if;
    perform require_version('accounts', account, now_there.version, expected);
    perform audit_changed('{}');
end $$;

-- ------------------------------------------------------------------------------------ what a caller may know of

-- Whether the caller edits what is filed so: chiefs and admins edit all, an editor their sections, or all if none are
-- set.
create function caller_edits(content bigint) returns boolean language sql stable as $$
    select caller_role() in ('chief', 'admin')
        or (caller_role() = 'editor'
            and (caller_sections() is null
                 or exists (select from article_sections where content_id = content and section_id = any (caller_sections()))))
$$;

-- One's own, and what one edits; sales knows of none.
create function caller_may_see(created_by uuid, content bigint) returns boolean language sql stable as $$
    select caller_role() <> 'sales' and (coalesce(created_by = caller_id(), false) or caller_edits(content))
$$;

-- Whether the caller may know of a thing of a collection now. Of articles some may be others' secrets.
create function caller_may_know(kind text, thing uuid) returns boolean language sql stable as $$
    select kind is distinct from 'articles'
        or exists (select from articles a where a.id = thing and caller_may_see(a.created_by, a.content_id))
$$;

-- Locks an article for a change. `expected` holds the versions that If-Match names; null is `*`. Whoever edits it may do
-- all that an editor may; whoever only wrote it, what a contributor may.
create function article_lock(article uuid, expected integer[], roles text[]) returns void
language plpgsql as $$
declare
    now_there record;
begin
    select a.version, a.status, a.created_by, a.updated_by, a.updated_at, a.content_id into now_there
      from articles a where a.id = article for update;
    if not found or not caller_may_see(now_there.created_by, now_there.content_id) then
        perform refuse('MB404', 'There is no such article.');
    end if;
    if not caller_edits(now_there.content_id) and 'contributor' <> all (roles) then
        perform refuse('MB403', 'It is filed in none of your sections: an editor of them may do this.');
    end if;
    if expected is not null and now_there.version <> all (expected) then
        perform refuse('MB412', format('The article has changed: it is at version %s.', now_there.version),
                       json_build_object('version', now_there.version,
                                         'updated_by', account_card(now_there.updated_by),
                                         'updated_at', rfc3339(now_there.updated_at),
                                         'changed', article_changed_since(article, expected)));
    end if;
    if not caller_edits(now_there.content_id) and now_there.status <> 'draft' then
        perform refuse('MB409', format('The article is %s: whoever wrote it changes drafts only. Ask an editor to return it.',
                                       replace(now_there.status, '_', ' ')),
                       json_build_object('status_now', now_there.status));
    end if;
    perform audit_changed('{}');
end $$;
drop function article_lock(uuid, integer[]);
drop function caller_may_see(uuid);

-- Nobody files a story where they can no longer see it, by mistake.
create function require_still_seen(article uuid) returns void language plpgsql stable as $$
begin
    if not exists (select from articles a where a.id = article and caller_may_see(a.created_by, a.content_id)) then
        perform refuse('MB403', 'Filed so it would be in none of your sections: a chief may do this.');
    end if;
end $$;

-- The audit names the fields that differ, not those that were sent.
create or replace function article_record_version() returns trigger language plpgsql as $$
declare
    changes text[] := '{}';
begin
    if tg_op = 'UPDATE' then
        changes := content_changes(old.content_id, new.content_id);
        if old.status <> new.status then
            changes := changes || 'status'::text;
        end if;
        perform audit_changed(changes);
    end if;
    insert into article_versions (article_id, version, act, note, status, content_id, changed, account_id, at)
    values (new.id, new.version, new.act, new.note, new.status, new.content_id, changes, new.updated_by, new.updated_at);
    return null;
end $$;

-- ------------------------------------------------------------------------------------- answers given again

-- The first answer to a request with an Idempotency-Key, for a day. `request` is a hash of what was asked.
create table kept_answers (
    caller     text not null, -- an account's id; empty for the public
    operation  text not null,
    key        text not null,
    request    text not null,
    made       uuid,          -- the id of what was made or changed
    answer     json not null, -- columns of the last statement, or the status and body of a refusal
    created_at timestamptz not null default clock_timestamp(),
    primary key (caller, operation, key)
);
create index kept_answers_by_age on kept_answers (created_at);

create function idempotency_caller() returns text language sql stable as $$
    select coalesce(caller_id()::text, '')
$$;

-- Before the act: goes on where the key is new; says MB1D0 where the answer is kept, to be fetched by
-- idempotency/kept. The same key at the same moment is not waited for.
create function idempotency_begin(operation_id text, given text, request_hash text) returns void language plpgsql as $$
declare
    kept kept_answers;
    name text := idempotency_caller() || ' ' || operation_id || ' ' || given;
begin
    if given is null then
        return;
    end if;
    if not pg_try_advisory_xact_lock(hashtextextended(name, 0)) then
        perform refuse('MB1D1', 'A request with this Idempotency-Key is still running: ask again in a moment.');
    end if;
    delete from kept_answers
     where caller = idempotency_caller() and operation = operation_id and key = given
       and created_at < clock_timestamp() - interval '1 day';
    select * into kept from kept_answers
     where caller = idempotency_caller() and operation = operation_id and key = given;
    if not found then
        return;
    end if;
    if kept.request <> request_hash then
        perform refuse('MB1D2', 'This key has been used for another request: take a new one for each.');
    end if;
    perform refuse('MB1D0', 'answered before');
end $$;

-- With the act, or after a refusal: keeps the answer, and forgets some that are older than a day.
create function idempotency_keep(operation_id text, given text, request_hash text, made_id uuid, answer json) returns void
language sql as $$
    delete from kept_answers where ctid = any (array(
        select ctid from kept_answers where created_at < clock_timestamp() - interval '1 day' limit 20));
    insert into kept_answers (caller, operation, key, request, made, answer)
    values (idempotency_caller(), operation_id, given, request_hash, made_id, answer)
    on conflict do nothing;
$$;

-- Ends a session whose refresh token came a second time, and says so in the audit.
create function session_reused(session uuid, from_address text, request text) returns void language sql as $$
    with ended as (
        update sessions set revoked_at = clock_timestamp() where id = session and revoked_at is null
        returning id, account_id
    )
    insert into audit (operation, kind, thing, fields, account_id, session_id, address, request_id)
    select 'refresh_session', 'sessions', id, '{revoked_at}', account_id, id, nullif(from_address, '')::inet, request
      from ended
$$;

drop function session_trade(text, text);

-- Trades a refresh token for the next one. A token trades once, and once more within 30 seconds (a lost reply, two
-- tabs); a third within them is turned away. Later use of an old one means that somebody else has it, and ends the
-- session. Says what came of it instead of refusing, since the end of a session has to be kept. No row: nobody knows this
-- token.
create function session_trade(old_hash text, new_hash text, from_address text, request text,
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
        perform session_reused(token.session_id, from_address, request);
    end if;
    return next;
end $$;

-- ------------------------------------------------------------------------------------------- what accounts do

-- Tries are counted for an address and the network that they come from, so that strangers elsewhere keep nobody out; and
-- for the address from everywhere (network ''), with much more patience.
alter table login_attempts add column network text not null default '';
alter table login_attempts drop constraint login_attempts_pkey, add primary key (email_hash, network);

-- An IPv4 address, or the /64 of an IPv6 one.
create function network_of(address text) returns text language sql immutable as $$
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

-- Another password: whoever had the old one may be logged in, so everything open ends.
create function account_set_password(account uuid, hash text) returns void language sql as $$
    update accounts set password_hash = hash, version = version + 1 where id = account;
    select audit_changed('{password}');
    delete from login_attempts where email_hash = (select email_hash(email) from accounts where id = account);
    select account_shut(account);
$$;

create function account_section_cards(account uuid) returns json language sql stable as $$
    select coalesce(json_agg(json_build_object('id', s.id, 'slug', s.slug, 'name', s.name) order by x.position), '[]')
      from account_sections x join sections s on s.id = x.section_id
     where x.account_id = account
$$;

-- Files an editor under the sections that a list of references names; null leaves them as they are.
create function account_set_sections(account uuid, list json) returns void language plpgsql as $$
declare
    wanted uuid[];
    was uuid[] := array(select section_id from account_sections where account_id = account order by position);
begin
    if list is null then
        return;
    end if;
    perform require_references(json_build_object('sections', list));
    wanted := array(select id from resolve_references('sections', list) order by position);
    if wanted = was then
        return;
    end if;
    delete from account_sections where account_id = account;
    insert into account_sections (account_id, section_id, position)
    select account, id, position from resolve_references('sections', list);
    update accounts set version = version + 1 where id = account and created_at < now(); -- not of one being made
    if found then
        perform audit_changed('{sections}');
    end if;
end $$;

create function account_document(account uuid) returns json language sql stable as $$
    select json_build_object('id', id, 'version', version, 'email', email, 'name', name, 'role', role,
                             'sections', account_section_cards(id), 'active', active,
                             'seen_at', (select rfc3339(max(seen_at)) from sessions where account_id = a.id),
                             'created_at', rfc3339(created_at), 'updated_at', rfc3339(updated_at))
      from accounts a
     where id = account
$$;

create function api_key_document(key_id uuid) returns json language sql stable as $$
    select json_build_object('id', k.id, 'version', a.version, 'name', a.name, 'role', a.role, 'hint', k.hint,
                             'active', a.active and (k.expires_at is null or k.expires_at > clock_timestamp()),
                             'expires_at', rfc3339(k.expires_at), 'last_used_at', rfc3339(k.last_used_at),
                             'created_at', rfc3339(a.created_at), 'created_by', account_card(k.created_by))
      from api_keys k join accounts a on a.id = k.id
     where k.id = key_id
$$;

create function api_key_revoke(key_id uuid, expected integer[]) returns void language plpgsql as $$
declare
    now_there accounts;
begin
    select a.* into now_there from accounts a join api_keys k on k.id = a.id where a.id = key_id for update of a;
    if not found or not now_there.active then
        perform refuse('MB404', 'There is no such API key, or it has been revoked.');
    end if;
    perform require_version('api_keys', key_id, now_there.version, expected);
    update accounts set active = false where id = key_id;
end $$;

-- The address that an account wants to log in with is nobody else's.
create function account_require_address(account uuid, wanted text) returns void language sql stable as $$
    select require(not exists (select from accounts where email = lower(wanted) and id <> account), 'MB409',
                   'There is an account with this address already.', json_build_object('errors', json_build_array(
                       json_build_object('pointer', '/email', 'detail', 'This address has an account.'))))
$$;

-- An act on the command line: nobody is logged in there.
create function audit_command(command text, account uuid) returns void language sql as $$
    insert into audit (operation, kind, thing, version, fields)
    values (command, 'accounts', account, version_of('accounts', account),
            coalesce(nullif(current_setting('marbre.changed', true), '')::text[], '{}'))
$$;
