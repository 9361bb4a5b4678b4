-- read_sponsorship_option, and what every change of an option answers. Primary key.
select sponsorship_option_document(:id::uuid) as body, version
  from sponsorship_options
 where id = :id::uuid
