-- Before what only a person does with their own sessions.
select require_session()
