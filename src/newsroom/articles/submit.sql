-- submit_article.
select article_transition(:path_id::uuid, 'submit')
