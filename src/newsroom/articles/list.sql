-- list_articles: what readers may see, newest first, of all or of one section. Indexes publications_newest and
-- publication_sections_pkey; limit first, join after.
with moment as materialized (
    select clock_timestamp() as at -- after the snapshot, as in articles/read
), page as (
    select found.*, row_number() over (order by published_at desc, article_id desc) as number
      from ((select p.id as publication_id, p.published_at, p.article_id
               from publications p
              where :query_section::text is null
                and not p.past and p.during @> (select at from moment)
                and (:cursor_1::timestamptz is null
                     or (p.published_at, p.article_id) < (:cursor_1::timestamptz, :cursor_2::uuid))
              order by p.published_at desc, p.article_id desc
              limit :query_limit::integer + 1)
            union all
            (select p.id, x.published_at, x.article_id
               from publication_sections x join publications p on p.id = x.publication_id
              where x.section_id = (select id from sections where slug = :query_section)
                and not p.past and p.during @> (select at from moment)
                and (:cursor_1::timestamptz is null
                     or (x.published_at, x.article_id) < (:cursor_1::timestamptz, :cursor_2::uuid))
              order by x.published_at desc, x.article_id desc
              limit :query_limit::integer + 1)) found
), items as (
    select number, page.published_at, page.article_id, lower(p.during) as updated_at,
           json_build_object(
               'id', p.article_id, 'lang', c.lang, 'slug', c.slug, 'kicker', c.kicker, 'title', c.title,
               'standfirst', c.standfirst, 'teaser', coalesce(c.teaser, c.standfirst),
               'sections', c.sections, 'tags', c.tags, 'authors', c.authors,
               'excerpt', c.excerpt, 'word_count', c.word_count, 'reading_minutes', c.reading_minutes,
               'url', article_url(:config_article_url, c.slug),
               'published_at', rfc3339(p.published_at), 'updated_at', rfc3339(lower(p.during))) as item
      from page join publications p on p.id = page.publication_id join contents c on c.id = p.content_id
     where number <= :query_limit::integer
)
select coalesce(json_agg(item order by number), '[]') as body,
       max(published_at::text) filter (where number = :query_limit::integer
           and exists (select from page where page.number > :query_limit::integer)) as next_1,
       max(article_id::text) filter (where number = :query_limit::integer) as next_2,
       floor(extract(epoch from max(updated_at)))::bigint as last_modified,
       'list:articles' as keys,
       (select extract(epoch from min(next.at) - (select at from moment))
          from ((select lower(during) as at from publications
                  where not past and lower(during) > (select at from moment) order by 1 limit 1)
                union all
                (select upper(during) from publications
                  where not past and not upper_inf(during) and upper(during) > (select at from moment) order by 1 limit 1)) next) as fresh_for
  from items
