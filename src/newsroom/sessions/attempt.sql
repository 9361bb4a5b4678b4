-- log_in, first: counts the try under the row's lock. The tenth in a row sends the address to rest for a minute; after
-- that each further try does, until one succeeds or fifteen minutes pass. Primary key.
insert into login_attempts as t (email_hash, attempts, last_at)
values (email_hash(:login_email), 1, clock_timestamp())
on conflict (email_hash) do update
   set attempts = case when t.last_at < clock_timestamp() - interval '15 minutes' then 1
                       when t.rests_until < clock_timestamp() then 10
                       else t.attempts + 1 end,
       rests_until = case when t.last_at < clock_timestamp() - interval '15 minutes' then null
                          when t.rests_until > clock_timestamp() then t.rests_until
                          when t.attempts >= 9 then clock_timestamp() + interval '1 minute' end,
       last_at = clock_timestamp()
