-- list_articles: what readers may see, by any of the filters together, newest or oldest first. Indexes filings_pkey,
-- publications_newest, publications_newest_of_lang; limit first, join after. The moment is read after the snapshot.
with asked as materialized (
    select row(clock_timestamp(), :query_section::text[], :query_tag::text[], :query_tag_all::text[], :query_author::text[],
               :query_ids::uuid[], :query_lang, :query_since::timestamptz, :query_until::timestamptz)::delivery_filter as filter,
           coalesce(:query_include::text[], '{}') as include,
           least(:query_limit::integer, case when 'body' = any(:query_include::text[]) then 20 else 100 end) as wanted
), page as materialized (
    select found.*, row_number() over () as number
      from asked, delivery_page(filter, :query_sort = 'published_at', :cursor_1::timestamptz, :cursor_2::uuid, wanted) found
), items as (
    select number, lower(p.during) as updated_at,
           json_with(json_build_object(
               'id', p.article_id, 'lang', c.lang, 'slug', c.slug, 'kicker', c.kicker, 'title', c.title,
               'standfirst', c.standfirst, 'teaser', coalesce(c.teaser, c.standfirst),
               'sections', c.sections, 'tags', c.tags,
               'authors', case when 'author_bios' = any(include) then c.authors_with_bios else c.authors end,
               'excerpt', c.excerpt, 'word_count', c.word_count, 'reading_minutes', c.reading_minutes,
               'url', article_url(:config_article_url, c.slug),
               'published_at', rfc3339(p.published_at), 'updated_at', rfc3339(lower(p.during))),
               'body', case when 'body' = any(include) then c.body end) as item
      from asked, page join publications p on p.id = page.publication_id join contents c on c.id = p.content_id
     where number <= wanted
)
select coalesce(json_agg(item order by number), '[]') as body,
       (select published_at::text from page, asked where number = wanted
           and exists (select from page, asked where number > wanted)) as next_1,
       (select article_id::text from page, asked where number = wanted) as next_2,
       floor(extract(epoch from max(updated_at)))::bigint as last_modified,
       'list:articles' as keys,
       (select delivery_fresh_for((filter).moment) from asked) as fresh_for,
       (select delivery_count(filter, :query_count) from asked) as count
  from items
