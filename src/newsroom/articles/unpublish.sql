-- unpublish_article.
select article_do(:path_id::uuid, 'unpublish')
