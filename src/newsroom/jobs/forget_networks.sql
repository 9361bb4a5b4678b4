-- Where an inquiry came from matters while a burst lasts. Index sponsorship_inquiries_of_network.
with forgotten as (
    update sponsorship_inquiries set network_hash = null
     where id in (select id from sponsorship_inquiries
                   where network_hash is not null and created_at < now() - interval '30 days'
                   limit :job_most::integer
                     for update skip locked)
    returning 1
)
select job_end(job => :job_name, seconds => :job_seconds::integer, done => (select count(*) from forgotten),
               most => :job_most::bigint) as erased
