-- list_related_articles: what the editor chose, in that order; then what is found under the same tags, sections and authors,
-- most in common first, the newest of them first. A few of each list are looked at. Keys article_slugs_pkey,
-- publications_of_article, public_listings_pkey.
with moment as materialized (
    select clock_timestamp() as at
), asked as materialized (
    select p.article_id, p.content_id
      from article_slugs s
      join publications p on p.article_id = s.article_id and not p.past and p.during @> (select at from moment)
     where s.slug = :path_slug
), chosen as (
    select p.id, p.article_id, x.position
      from asked
      join article_related x on x.content_id = asked.content_id
      join publications p on p.article_id = x.article_id and not p.past and p.during @> (select at from moment)
), near as (
    select p.id, p.article_id, count(*) as common, p.published_at
      from asked
     cross join lateral listing_keys(asked.content_id) filed (under)
     cross join lateral (select l.publication_id
                           from public_listings l
                          where l.key = filed.under and l.published_at <= (select at from moment)
                          order by l.published_at desc, l.article_id desc
                          limit 20) few
     cross join lateral (select *
                           from publications p
                          where p.id = few.publication_id and p.during @> (select at from moment)
                         offset 0) p -- looked up one by one, whatever the planner thinks of the number
     where p.article_id <> asked.article_id
     group by p.id, p.article_id, p.published_at
), found as (
    select id, 0 as rank, position, 0 as common, null::timestamptz as published_at from chosen
    union all
    select id, 1, 0, common, published_at from near where article_id not in (select article_id from chosen)
)
select cards as body,
       'list:articles article:' || asked.article_id as keys,
       delivery_fresh_for(moment.at) as fresh_for
  from moment, asked,
       article_cards(array(select id from found order by rank, position, common desc, published_at desc
                            limit :query_limit::integer), moment.at, :config_article_url)
