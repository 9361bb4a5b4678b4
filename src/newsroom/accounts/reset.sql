-- reset_password: whoever had the old one may be logged in, so every session ends. The tries of strangers are forgotten.
select account_set_password(:path_id::uuid, :password_hash), audit_changed('{password}')
