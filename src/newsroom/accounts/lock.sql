-- Before every change of an account: locks it, and refuses who does not know its version. Primary key. The sections that
-- it edits are held first: whoever replaces one of them changes accounts, too. A program's account is changed as an API key.
select lock_version(kind => 'accounts', noun => 'account',
                    thing => (select id from accounts where id = :id::uuid and kind = 'person'),
                    expected => :if_match::integer[])
  from references_lock_shared()
