-- patch_article: a slug that the article does not have yet.
select claim_slug(:id::uuid, :body::json ->> 'slug', null)
 where :body::json ->> 'slug' is not null
