-- log_in, first: counts the try, and whether it has to wait; and the account, if there is one. One row, always.
select a.id, a.email, a.name, a.role, a.epoch, a.active, a.password_hash, tried.resting
  from (select login_attempt(coalesce(:mailbox, lower(:login_email)), :peer) as resting) tried
  left join accounts a on a.email = coalesce(:mailbox, lower(:login_email))
