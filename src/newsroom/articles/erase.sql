-- delete_article: a draft that readers never saw goes with all that it was; a slug that it had is free again. Primary
-- key; index publications_of_article.
select article_erase(:path_id::uuid)
