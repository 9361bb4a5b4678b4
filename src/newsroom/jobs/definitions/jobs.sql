-- What the servers do from time to time, one of them at a time.

-- Before a job: whether it is due, and nobody else is at it. Refused otherwise, and with that the rest of the transaction. A
-- function, since it looks after it has the lock.
create function job_begin(job text) returns void language plpgsql as $$
declare
    due timestamptz;
begin
    if not pg_try_advisory_xact_lock(hashtextextended('marbre.job ' || job, 0)) then
        perform refuse('MB409', 'Somebody else is at it.');
    end if;
    insert into jobs (name) values (job) on conflict do nothing;
    select due_at into due from jobs where name = job;
    if due > clock_timestamp() then
        perform refuse('MB409', 'It is not due yet.');
    end if;
end $$;

-- After it: when it is due again. Where it did as much as it does at once, there is more to do.
create function job_end(job text, seconds integer, done bigint, most bigint) returns bigint language sql as $$
    update jobs
       set ran_at = clock_timestamp(), erased = erased + done,
           due_at = clock_timestamp() + case when done < most then seconds else 0 end * interval '1 second'
     where name = job
    returning done
$$;
