-- Tries to log in that count no more. Index login_attempts_by_age.
with gone as (
    delete from login_attempts where ctid = any (array(
        select ctid from login_attempts where last_at < now() - interval '1 day' limit :job_most::integer))
    returning 1
)
select job_end(job => :job_name, seconds => :job_seconds::integer, done => (select count(*) from gone),
               most => :job_most::bigint) as erased
