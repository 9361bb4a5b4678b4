-- create_account, patch_account: an address has one account. Unique key on the address.
select account_require_address(:id::uuid, :body::json ->> 'email')
