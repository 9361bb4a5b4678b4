-- read_my_account. Primary key.
select json_build_object('id', id, 'email', email, 'name', name, 'role', role, 'sections', account_section_cards(id)) as body
  from accounts
 where id = caller_id()
