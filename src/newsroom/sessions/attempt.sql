-- log_in, first: counts the try under the row's lock.
select login_attempt(:login_email)
