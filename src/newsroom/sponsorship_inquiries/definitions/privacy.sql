-- What a person may ask for: what is known of them, and that it is erased.

create function inquiries_of(same_mailbox text) returns uuid[] language sql stable as $$
    select coalesce(array_agg(id order by created_at, id), '{}') from sponsorship_inquiries where mailbox = same_mailbox
$$;

-- Takes a person out of their inquiries: out of the rows, the notes, and answers that are kept to be given again. What is
-- left can be counted, and is in the audit with a keyed hash of the address. Says how many it erased.
create function inquiries_erase(inquiries uuid[], operation text, from_address text, request text) returns bigint
language plpgsql as $$
declare
    erased bigint;
begin
    -- Whoever is at one of them finishes first, and what they wrote goes, too: each statement sees what was done before it.
    perform from sponsorship_inquiries where id = any (inquiries) order by id for update;
    insert into audit (operation, kind, thing, version, fields, account_id, session_id, key_id, address, request_id, subject)
    select inquiries_erase.operation, 'sponsorship_inquiries', id, version + 1, '{erased}', caller_id(), caller_session(),
           caller_key(), nullif(from_address, '')::inet, request, mailbox_hash
      from sponsorship_inquiries
     where id = any (inquiries);
    update sponsorship_events set note = null where inquiry_id = any (inquiries);
    delete from idempotency_records where made = any (inquiries);
    delete from idempotency_records k
     using sponsorship_inquiries i
     where i.id = any (inquiries) and k.caller = '' and k.operation = 'send_sponsorship_inquiry'
       and k.answer::text like '%' || i.reference || '%';
    update sponsorship_inquiries
       set name = null, email = null, mailbox = null, mailbox_hash = null, company = null, phone = null, budget = null,
           message = null, network_hash = null, erased_at = clock_timestamp()
     where id = any (inquiries) and erased_at is null;
    get diagnostics erased = row_count;
    return erased;
end $$;
