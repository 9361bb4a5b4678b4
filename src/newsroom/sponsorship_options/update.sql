-- patch_sponsorship_option: field by field what the patch says or what there was; a label as a merge patch makes it.
update sponsorship_options o
   set kind = patched(b, 'kind', kind), label = patched_languages(b -> 'label', label),
       description = patched_languages(b -> 'description', description),
       position = patched(b, 'position', position::text)::integer, offered = patched(b, 'offered', offered::text)::boolean
  from (select :body::json as b) given
 where id = :id::uuid
