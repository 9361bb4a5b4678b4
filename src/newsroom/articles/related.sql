-- list_related_articles: what the editor chose, then what is under the same tags and sections, most in common first; a few
-- of each list are looked at. Keys article_slugs_pkey, publications_of_article, filings_pkey.
with moment as materialized (
    select clock_timestamp() as at
), asked as (
    select p
      from article_slugs s
      join publications p on p.article_id = s.article_id and not p.past and p.during @> (select at from moment)
     where s.slug = :path_slug
)
select cards as body,
       floor(extract(epoch from changed_at))::bigint as last_modified,
       'list:articles article:' || (asked.p).article_id as keys,
       delivery_fresh_for(moment.at) as fresh_for
  from moment, asked,
       article_cards(delivery_related(asked.p, moment.at, :query_limit::integer), moment.at, :config_article_url)
