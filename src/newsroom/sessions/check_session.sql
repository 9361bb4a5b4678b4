-- Before what only a person does with their own sessions: an API key has none to look after.
select require(caller_session() is not null, 'MB403',
               'An API key has no session and no password of its own: this takes a person who has logged in.')
