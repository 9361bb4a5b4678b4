-- Sessions that ended a month ago, and with each its refresh tokens; but not somebody's last, which says when they were
-- here. Index sessions_by_expiry.
with gone as (
    delete from sessions where id = any (array(
        select s.id from sessions s
         where s.expires_at < now() - interval '30 days'
           and exists (select from sessions later where later.account_id = s.account_id and later.seen_at > s.seen_at)
         order by s.expires_at
         limit :job_most::integer))
    returning 1
)
select job_end(job => :job_name, seconds => :job_seconds::integer, done => (select count(*) from gone),
               most => :job_most::bigint) as erased
