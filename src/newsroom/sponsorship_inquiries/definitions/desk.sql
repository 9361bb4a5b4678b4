-- Inquiries at the sales desk: how they move, how they are listed and shown, and how a person is taken out of them.

-- Where a status may go from another one.
create function inquiry_steps(from_status text) returns text[] language sql immutable as $$
    select case from_status when 'new' then array['contacted', 'lost', 'spam']
                            when 'contacted' then array['qualified', 'won', 'lost', 'spam']
                            when 'qualified' then array['won', 'lost', 'spam']
                            when 'won' then array['qualified']
                            when 'lost' then array['contacted']
                            when 'spam' then array['new'] end
$$;

-- A version and an event for each change, whoever makes it; a status goes only where it may.
create function inquiry_changes() returns trigger language plpgsql as $$
declare
    changed text[] := array_remove(array[case when new.status <> old.status then 'status' end,
                                         case when new.assignee is distinct from old.assignee then 'assignee' end,
                                         case when new.due_on is distinct from old.due_on then 'due_on' end], null);
    erased boolean := new.erased_at is not null and old.erased_at is null;
begin
    if old.erased_at is not null then
        perform refuse('MB409', 'Its personal data has been erased: there is nothing left to work on.');
    end if;
    if new.status <> old.status and new.status <> all (inquiry_steps(old.status)) then
        perform refuse('MB409', format('The inquiry is %s; it goes from there to %s.', old.status,
                                       array_to_string(inquiry_steps(old.status), ' or ')),
                       json_build_object('status_now', old.status));
    end if;
    if changed = '{}' and not erased and new.version = old.version then
        return new; -- a hash that is forgotten is no change that anybody sees
    end if;
    if new.status <> old.status and new.status <> 'spam' and old.status <> 'spam' then
        new.last_contact_at := clock_timestamp();
    end if;
    new.version := old.version + 1;
    new.updated_at := greatest(clock_timestamp(), old.updated_at + interval '1 microsecond');
    perform audit_changed(changed);
    if changed <> '{}' or erased then
        insert into sponsorship_events (inquiry_id, act, status, fields, account_id)
        values (new.id, case when erased then 'erased' else 'changed' end, new.status, changed, caller_id());
    end if;
    return new;
end $$;

create or replace trigger inquiry_changes before update on sponsorship_inquiries for each row execute function inquiry_changes();

-- Somebody whom an inquiry can be given to, or who has it already.
create function inquiry_assignee(inquiry uuid, reference json) returns uuid language sql stable as $$
    select a.id
      from accounts a
     where a.id::text = lower(reference_word(reference))
       and ((a.kind = 'person' and a.active and a.role in ('sales', 'admin'))
            or exists (select from sponsorship_inquiries i where i.id = inquiry and i.assignee = a.id))
$$;

-- Newest first, those that the filters leave. Who was erased is counted elsewhere and listed no more. Planned for each set of
-- filters, hence the setting.
create function inquiries_page(statuses text[], kinds text[], of_assignee uuid, of_section text, since timestamptz,
                               before timestamptz, sought text, after_at timestamptz, after_id uuid, how_many integer)
returns table (inquiry uuid, at timestamptz, number bigint)
language plpgsql stable set plan_cache_mode = force_custom_plan as $$
begin
    return query
    select i.id, i.created_at, row_number() over (order by i.created_at desc, i.id desc)
      from sponsorship_inquiries i
     where i.erased_at is null
       and (statuses is null or i.status = any (statuses))
       and (kinds is null or i.kind = any (kinds))
       and (of_assignee is null or i.assignee = of_assignee)
       and (of_section is null or i.section_id = filing_resolve('sections', of_section))
       and (since is null or i.created_at >= since)
       and (before is null or i.created_at < before)
       and (sought is null
            or strpos(lower(concat_ws(' ', i.reference, i.name, i.email, i.company, i.phone, i.message) collate "und-x-icu"),
                      lower(sought collate "und-x-icu")) > 0)
       and (after_at is null or (i.created_at, i.id) < (after_at, after_id))
     order by i.created_at desc, i.id desc
     limit how_many;
end $$;

-- Writes down who has looked at whose personal data; says at how many.
create function audit_inquiries_read(operation text, inquiries uuid[], address text, request_id text) returns bigint
language plpgsql as $$
declare
    written bigint;
begin
    insert into audit (operation, kind, thing, version, account_id, session_id, key_id, address, request_id)
    select audit_inquiries_read.operation, 'sponsorship_inquiries', i.id, i.version, caller_id(), caller_session(),
           caller_key(), nullif(audit_inquiries_read.address, '')::inet, audit_inquiries_read.request_id
      from unnest(inquiries) inquiry join sponsorship_inquiries i on i.id = inquiry;
    get diagnostics written = row_count;
    return written;
end $$;

-- ------------------------------------------------------------------------------------------------ how it reads

create function inquiry_section(section uuid) returns json language sql stable as $$
    select section_card(coalesce(filing_resolve('sections', section::text), section)) where section is not null
$$;

create function inquiry_card(inquiry uuid) returns jsonb language plpgsql stable as $$
begin
    return (select jsonb_build_object(
               'id', id, 'version', version, 'reference', reference, 'status', status, 'steps', inquiry_steps(status),
               'kind', kind, 'name', name, 'email', email, 'company', company, 'phone', phone, 'budget', budget,
               'excerpt', left(message, 200),
               'article', case when article_id is not null then
                   jsonb_build_object('id', article_id, 'slug', article_slug, 'title', article_title) end,
               'section', inquiry_section(section_id), 'locale', locale, 'flags', flags,
               'assignee', account_card(assignee), 'due_on', due_on, 'created_at', rfc3339(created_at),
               'updated_at', rfc3339(updated_at), 'last_contact_at', rfc3339(last_contact_at),
               'erased_at', rfc3339(erased_at))
              from sponsorship_inquiries
             where id = inquiry);
end $$;

create function inquiry_document(inquiry uuid) returns json language plpgsql stable as $$
begin
    return (select (inquiry_card(id) - 'excerpt' || jsonb_build_object(
               'message', message, 'consent_version', consent_version,
               'history', (select jsonb_agg(jsonb_build_object(
                                      'at', rfc3339(e.at), 'act', e.act, 'status', e.status, 'fields', e.fields,
                                      'note', e.note, 'account', account_card(e.account_id)) order by e.id)
                             from sponsorship_events e where e.inquiry_id = i.id)))::json
              from sponsorship_inquiries i
             where id = inquiry);
end $$;

-- A field of a CSV file (RFC 4180). What a spreadsheet would take for a formula is text with an apostrophe before it: at the
-- beginning, and after each sign at which a spreadsheet that is set to another separator (`;` in French) begins a cell;
-- also where quotes, white space or what is not seen stand in front, and for the wide and small forms of the signs.
create function csv_field(value text) returns text language sql immutable parallel safe as $$
    select '"' || replace(regexp_replace(regexp_replace(value,
               '(^|[;\t\r\n])(["[:space:]\u00AD\u061C\u200B-\u200F\u2060\uFEFF]*[-=+@|%\uFF1D\uFF0B\uFF0D\uFF20\uFE62\uFE63\uFE66\uFE6B])',
               '\1''\2', 'g'), '^([\t\r])', '''\1'), '"', '""') || '"'
$$;

create function csv_row(fields text[]) returns text language sql immutable as $$
    select string_agg(coalesce(csv_field(field), ''), ',' order by number) || E'\r\n'
      from unnest(fields) with ordinality f (field, number)
$$;
