-- return_article: back to its author, with a word why.
select article_do(:path_id::uuid, 'return', :body::json ->> 'note')
