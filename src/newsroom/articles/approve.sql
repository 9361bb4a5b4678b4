-- approve_article.
select article_transition(:id::uuid, 'approve')
