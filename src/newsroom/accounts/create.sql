-- create_account. Unique key on the address: of two at once, the second is told by the key itself.
insert into accounts (id, email, name, role, password_hash)
select :id::uuid, :mailbox, b ->> 'name', b ->> 'role', :password_hash
  from (select :body::json as b) given
