-- Put before every desk operation by the server: who is calling, may they still, and may they do this. Primary keys of
-- accounts and sessions, or the unique key on a key's hash.
select caller_enter(:caller_account::uuid, :caller_session::uuid, :caller_epoch::integer, :caller_key, :operation_roles::text[])
