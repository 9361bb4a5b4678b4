-- create_article: the slug that the editor wants, or the one made from the title with the first free number.
select claim_slug(:id::uuid, :body::json ->> 'slug', :slug)
