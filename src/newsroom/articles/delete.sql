-- delete_article: a draft that readers never saw goes with all that it was; a slug that it had is free again. Primary
-- key; index publications_of_article.
with fine as materialized (
    select require(not article_was_public(id), 'MB409', 'Readers have seen it, so it stays: unpublish takes it back from them.',
                   json_build_object('status_now', status)),
           require(status = 'draft', 'MB409',
                   format('The article is %s; only a draft is deleted: return it first.', replace(status, '_', ' ')),
                   json_build_object('status_now', status))
      from articles
     where id = :id::uuid
)
delete from articles
 using fine
 where id = :id::uuid
