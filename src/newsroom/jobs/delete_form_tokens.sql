-- Tokens that are too old to be used again. Index used_form_tokens_by_expiry.
with gone as (
    delete from used_form_tokens where ctid = any (array(
        select ctid from used_form_tokens where expires_at < now() limit :job_most::integer))
    returning 1
)
select job_end(job => :job_name, seconds => :job_seconds::integer, done => (select count(*) from gone),
               most => :job_most::bigint) as erased
