-- What holds for accounts whoever changes them: versions, roles, and an admin who can log in.

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

create or replace trigger account_changes before update on accounts for each row execute function account_changes();

-- The last active admin who can log in cannot be removed, by whatever road: a program does not count.
create function accounts_keep_an_admin() returns trigger language plpgsql as $$
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

create or replace trigger accounts_keep_an_admin_on_update after update on accounts referencing old table as old_rows
    for each statement execute function accounts_keep_an_admin();
create or replace trigger accounts_keep_an_admin_on_delete after delete on accounts referencing old table as old_rows
    for each statement execute function accounts_keep_an_admin();
