-- Answers that are given again no more. Index idempotency_records_by_age.
with gone as (
    delete from idempotency_records where ctid = any (array(
        select ctid from idempotency_records where created_at < now() - interval '1 day' limit :job_most::integer))
    returning 1
)
select job_end(job => :job_name, seconds => :job_seconds::integer, done => (select count(*) from gone),
               most => :job_most::bigint) as erased
