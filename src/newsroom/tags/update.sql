-- patch_tag: field by field what the patch says or what there was.
update tags
   set slug = patched(:body::json, 'slug', slug), name = patched(:body::json, 'name', name),
       kind = patched(:body::json, 'kind', kind)
 where id = :id::uuid
