-- marbre account add.
insert into accounts (id, email, name, role, password_hash)
values (:new_id::uuid, lower(:email), :name, :role, :password_hash)
returning id, audit_command('marbre account add', id)
