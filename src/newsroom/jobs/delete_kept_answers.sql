-- Answers that are given again no more. Index kept_answers_by_age.
with gone as (
    delete from kept_answers where ctid = any (array(
        select ctid from kept_answers where created_at < clock_timestamp() - interval '1 day' limit :job_most::integer))
    returning 1
)
select job_end(:job_name, :job_seconds::integer, (select count(*) from gone), :job_most::bigint) as erased
