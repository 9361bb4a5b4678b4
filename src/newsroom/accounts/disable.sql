-- disable_account: it logs in no more, and whatever it has open ends now.
select account_disable(:id::uuid)
