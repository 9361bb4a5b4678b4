-- approve_article.
select article_transition(:path_id::uuid, 'approve')
