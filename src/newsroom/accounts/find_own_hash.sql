-- change_my_password, first: what the present password is checked against. A try is counted as when logging in: whoever has
-- found an open session guesses no faster than at the door. Primary key.
select a.password_hash, login_attempt(a.email, :peer) as resting
  from accounts a
 where a.id = caller_id()
