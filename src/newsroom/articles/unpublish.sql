-- unpublish_article.
select article_transition(:id::uuid, 'unpublish')
