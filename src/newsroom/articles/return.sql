-- return_article: back to its author, with a word why.
select article_transition(:id::uuid, 'return', :body::json ->> 'note')
