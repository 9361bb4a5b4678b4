-- reset_password: whoever had the old one may be logged in, so every session ends. The tries of strangers are forgotten.
select require(:id::uuid <> caller_id(), 'MB403', 'One''s own password is changed by PATCH /v1/auth/password.'),
       account_set_password(:id::uuid, :password_hash)
