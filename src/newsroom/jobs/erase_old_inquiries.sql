-- What has been left alone for so many months. Index sponsorship_inquiries_by_contact.
with old as materialized (
    select id from sponsorship_inquiries
     where erased_at is null and last_contact_at < now() - :config_sponsorship_months::integer * interval '1 month'
     order by last_contact_at
     limit :job_most::integer
       for update skip locked
)
select job_end(job => :job_name, seconds => :job_seconds::integer,
               done => inquiries_erase(inquiries => array(select id from old), operation => :job_name,
                                       from_address => null, request => null),
               most => :job_most::bigint) as erased
