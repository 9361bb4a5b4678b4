-- delete_sponsorship_option. An inquiry names a kind and no option, so nothing is lost with one.
delete from sponsorship_options where id = :id::uuid
