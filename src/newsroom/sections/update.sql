-- patch_section: field by field what the patch says or what there was. Whether it is still a tree, the table looks itself.
update sections
   set slug = patched(:body::json, 'slug', slug), name = patched(:body::json, 'name', name),
       description = patched(:body::json, 'description', description),
       position = patched(:body::json, 'position', position::text)::numeric::integer,
       parent_id = case when :body::json -> 'parent' is null then parent_id
                        else filing_resolve('sections', reference_word(:body::json -> 'parent')) end
 where id = :id::uuid
