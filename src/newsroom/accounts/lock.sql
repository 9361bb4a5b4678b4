-- Before every change of an account: locks it, and refuses who does not know its version. Primary key. The sections that
-- it edits are held first: whoever replaces one of them changes accounts, too.
select account_lock(:path_id::uuid, :if_match::integer[])
  from filing_hold()
