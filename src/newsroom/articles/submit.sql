-- submit_article.
select article_transition(:id::uuid, 'submit')
