-- change_my_password, first: what the present password is checked against; and a try is counted, as when logging in.
-- Primary key.
select a.password_hash, t.attempts > 10 as resting
  from accounts a left join login_attempts t on t.email_hash = email_hash(a.email)
 where a.id = caller_id()
