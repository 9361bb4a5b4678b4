-- patch_author: a slug is chosen freely, or refused. Unique key on slug.
select require_free_slug('authors', :id::uuid, :body::json ->> 'slug')
 where :body::json ->> 'slug' is not null
