-- create_account, patch_account: an address has one account. Unique key on the address.
select require(not exists (select from accounts where email = :mailbox and id <> :id::uuid), 'MB409',
               'There is an account with this address already.', error_at('/email', 'This address has an account.'))
