-- log_in, before the password is looked at: whether the address rests, and its account, if there is one. One row, always.
select a.id, a.email, a.name, a.role, a.epoch, a.active, a.password_hash, t.attempts > 10 as resting
  from login_attempts t left join accounts a on a.email = lower(:login_email)
 where t.email_hash = email_hash(:login_email)
