-- change_my_password, first of all: whoever has found an open session guesses no faster than at the door.
select require_session(), login_attempt((select email from accounts where id = caller_id()))
