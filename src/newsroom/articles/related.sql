-- list_related_articles: under the same tags and sections, most in common first; a few of each list are looked at. Keys
-- article_slugs_pkey, publications_of_article, filings_pkey.
with moment as materialized (
    select clock_timestamp() as at
), asked as (
    select p
      from article_slugs s
      join publications p on p.article_id = s.article_id and not p.past and p.during @> (select at from moment)
     where s.slug = :path_slug
), near as (
    select r.*, row_number() over () as number
      from moment, asked, delivery_related(asked.p, moment.at, :query_limit::integer) r
), items as (
    select number, lower(p.during) as updated_at,
           json_build_object(
               'id', p.article_id, 'lang', c.lang, 'slug', c.slug, 'kicker', c.kicker, 'title', c.title,
               'standfirst', c.standfirst, 'teaser', coalesce(c.teaser, c.standfirst),
               'sections', c.sections, 'tags', c.tags, 'authors', c.authors,
               'excerpt', c.excerpt, 'word_count', c.word_count, 'reading_minutes', c.reading_minutes,
               'url', article_url(:config_article_url, c.slug),
               'published_at', rfc3339(p.published_at), 'updated_at', rfc3339(lower(p.during))) as item
      from near join publications p on p.id = near.publication_id join contents c on c.id = p.content_id
)
select (select coalesce(json_agg(item order by number), '[]') from items) as body,
       (select floor(extract(epoch from max(updated_at)))::bigint from items) as last_modified,
       'list:articles article:' || (asked.p).article_id as keys,
       delivery_fresh_for((select at from moment)) as fresh_for
  from asked
