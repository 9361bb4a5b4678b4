-- What the API and the command line both do to accounts, and how accounts are shown.

-- Ends whatever somebody has open: every session, and every access token.
create function account_end_sessions(account uuid) returns void language plpgsql as $$
begin
    update accounts set epoch = epoch + 1 where id = account;
    update sessions set revoked_at = clock_timestamp() where account_id = account and revoked_at is null;
end $$;

create function account_disable(account uuid) returns void language plpgsql as $$
begin
    update accounts set active = false where id = account;
    perform account_end_sessions(account);
end $$;

-- Another password: whoever had the old one may be logged in, so everything open ends. The tries of strangers are forgotten.
create function account_set_password(account uuid, hash text) returns void language plpgsql as $$
begin
    update accounts set password_hash = hash, version = version + 1 where id = account;
    perform audit_changed('{password}');
    delete from login_attempts where email_hash = (select email_hash(email) from accounts where id = account);
    perform account_end_sessions(account);
end $$;

-- Files an editor under the sections that a list of references names; null leaves them as they are. A function, since each
-- step sees the one before.
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

-- Somebody in short; null for nobody. Its plan is kept.
create function account_card(account uuid) returns json language plpgsql stable as $$
begin
    return (select json_build_object('id', id, 'name', name) from accounts where id = account);
end $$;

create function account_section_cards(account uuid) returns json language plpgsql stable as $$
begin
    return (select coalesce(json_agg(json_build_object('id', s.id, 'slug', s.slug, 'name', s.name) order by x.position), '[]')
              from account_sections x join sections s on s.id = x.section_id
             where x.account_id = account);
end $$;

-- An account as admins get it. Its plan is kept: a list asks for one after the other.
create function account_document(account uuid) returns json language plpgsql stable as $$
begin
    return (select json_build_object('id', id, 'version', version, 'email', email, 'name', name, 'role', role,
                                     'sections', account_section_cards(id), 'active', active,
                                     'seen_at', (select rfc3339(max(seen_at)) from sessions where account_id = a.id),
                                     'created_at', rfc3339(created_at), 'updated_at', rfc3339(updated_at))
              from accounts a
             where id = account);
end $$;
