-- create_article and patch_article: every reference in the body must lead somewhere, once. Keys on id and slug.
select require_article(:id::uuid, :body::json)
  from filing_hold()
