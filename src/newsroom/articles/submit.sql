-- submit_article.
select article_do(:path_id::uuid, 'submit')
