-- marbre account list.
select email, role, case when active then 'active' else 'disabled' end, name
  from accounts
 where kind = 'person'
 order by email
