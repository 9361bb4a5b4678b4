-- approve_article.
select article_do(:path_id::uuid, 'approve')
