-- publish_article: from the moment of the article's last act on, readers see its working copy. It was first
-- published then, or at the date that it brought along.
insert into publications (article_id, content_id, during, published_at)
select a.id, a.content_id, tstzrange(a.updated_at, null), coalesce(article_published_at(a.id), a.date, a.updated_at)
  from articles a
 where a.id = :id::uuid and a.updated_at >= now()
