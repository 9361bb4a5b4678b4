-- Before every change of an account: locks it, and refuses who does not know its version. Primary key.
select account_lock(:path_id::uuid, :if_match::integer[])
