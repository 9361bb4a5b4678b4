-- enable_account: it may log in again; sessions that ended stay ended.
update accounts set active = true where id = :id::uuid
