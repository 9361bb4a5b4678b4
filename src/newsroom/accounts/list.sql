-- marbre account list.
select email, role, case when active then 'active' else 'disabled' end, name
  from accounts
 order by email
