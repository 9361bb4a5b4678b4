-- Answers that are given again to the same Idempotency-Key, for a day.

create function idempotency_caller() returns text language sql stable as $$
    select coalesce(caller_id()::text, '')
$$;

-- Before the act: goes on where the key is new; says MB1D0 where the answer is kept, to be fetched by
-- idempotency/find_answer. The same key at the same moment is not waited for. A function, since it looks after it has the lock.
create function idempotency_begin(operation_id text, given text, request_hash text) returns void language plpgsql as $$
declare
    kept idempotency_records;
    name text := idempotency_caller() || ' ' || operation_id || ' ' || given;
begin
    if given is null then
        return;
    end if;
    if not pg_try_advisory_xact_lock(hashtextextended(name, 0)) then
        perform refuse('MB1D1', 'A request with this Idempotency-Key is still running: ask again in a moment.');
    end if;
    delete from idempotency_records
     where caller = idempotency_caller() and operation = operation_id and key = given
       and created_at < clock_timestamp() - interval '1 day';
    select * into kept from idempotency_records
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
language plpgsql as $$
begin
    delete from idempotency_records where ctid = any (array(
        select ctid from idempotency_records where created_at < clock_timestamp() - interval '1 day' limit 20));
    insert into idempotency_records (caller, operation, key, request, made, answer)
    values (idempotency_caller(), operation_id, given, request_hash, made_id, idempotency_keep.answer)
    on conflict do nothing;
end $$;
