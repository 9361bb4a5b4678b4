-- find_article_by_id: what internal links in rendered bodies point at; they go on to the present address. Key
-- publications_of_article.
select 308 as status, '/v1/articles/' || c.slug as location, null::json as body,
       'article:' || p.article_id || ' slug:' || c.slug as keys,
       extract(epoch from upper(p.during) - clock_timestamp()) as fresh_for
  from publications p join article_contents c on c.id = p.content_id
 where p.article_id = :id::uuid and not p.past and p.during @> clock_timestamp()
