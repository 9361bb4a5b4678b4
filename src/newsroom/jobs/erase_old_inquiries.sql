-- What has been left alone for so many months. Index sponsorship_inquiries_by_contact.
select job_end(:job_name, :job_seconds::integer,
               inquiries_erase(array(select id from sponsorship_inquiries
                                      where erased_at is null
                                        and last_contact_at < now() - :config_sponsorship_months::integer * interval '1 month'
                                      order by last_contact_at
                                      limit :job_most::integer
                                        for update skip locked), :job_name, null, null), :job_most::bigint) as erased
