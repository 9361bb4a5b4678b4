-- log_in, before the password is looked at: the account, and whether it rests after too many wrong passwords.
select id, email, name, role, epoch, active, password_hash,
       failed_logins >= 10 and failed_at > clock_timestamp() - interval '1 minute' as resting
  from accounts
 where email = lower(:login_email)
