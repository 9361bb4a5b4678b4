-- Put before every desk operation by the server: who is calling, may they still, and may they do this. Primary keys of
-- accounts and sessions, or the unique key on a key's hash.
select caller_enter(account => :caller_account::uuid, session => :caller_session::uuid, token_epoch => :caller_epoch::integer,
                    key_hash => :caller_key, roles => :operation_roles::text[])
