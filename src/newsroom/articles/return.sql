-- return_article: back to its author, with a word why.
select article_transition(:path_id::uuid, 'return', :body::json ->> 'note')
