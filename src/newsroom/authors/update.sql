-- patch_author: field by field what the patch says or what there was.
update authors
   set slug = patched(:body::json, 'slug', slug), name = patched(:body::json, 'name', name),
       bio = patched(:body::json, 'bio', bio), image = author_image_patched(:body::json -> 'image', image),
       links = case when :body::json -> 'links' is null then links
                    else coalesce(nullif((:body::json -> 'links')::jsonb, 'null'), '[]') end
 where id = :id::uuid
