-- patch_article, the end: a content that changed nothing is not kept.
delete from article_contents c
 using articles a
 where a.id = :id::uuid and c.article_id = a.id and c.id > a.content_id
