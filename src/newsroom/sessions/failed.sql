-- log_in, after a password that does not fit.
update accounts
   set failed_logins = case when failed_at > clock_timestamp() - interval '15 minutes' then failed_logins + 1 else 1 end,
       failed_at = clock_timestamp()
 where id = :account_id::uuid
