-- list_articles_at_the_desk: newest change first. Index articles_by_update.
with page as (
    select a.*, row_number() over (order by updated_at desc, id desc) as number
      from (select * from articles
             where caller_may_see(created_by, content_id)
               and (:query_status::text is null or status = :query_status)
               and (:query_section::text is null or exists (
                        select from article_sections x join sections s on s.id = x.section_id
                         where x.content_id = articles.content_id and s.slug = :query_section))
               and (:cursor_1::timestamptz is null or (updated_at, id) < (:cursor_1::timestamptz, :cursor_2::uuid))
             order by updated_at desc, id desc
             limit :query_limit::integer + 1) a
)
select coalesce(json_agg(json_build_object(
           'id', a.id, 'version', a.version, 'status', a.status,
           'has_changes', article_has_changes(a.id, a.content_id),
           'lang', c.lang, 'slug', c.slug, 'kicker', c.kicker, 'title', c.title,
           'standfirst', c.standfirst, 'teaser', c.teaser,
           'sections', c.sections, 'tags', c.tags, 'authors', c.authors,
           'excerpt', c.excerpt, 'word_count', c.word_count, 'reading_minutes', c.reading_minutes,
           'url', article_url(:config_article_url, c.slug),
           'published_at', rfc3339(article_published_at(a.id)),
           'created_at', rfc3339(a.created_at), 'created_by', account_card(a.created_by),
           'updated_at', rfc3339(a.updated_at), 'updated_by', account_card(a.updated_by)) order by number)
           filter (where number <= :query_limit::integer), '[]') as body,
       max(a.updated_at::text) filter (where number = :query_limit::integer
           and exists (select from page where number > :query_limit::integer)) as next_1,
       max(a.id::text) filter (where number = :query_limit::integer) as next_2
  from page a join contents c on c.id = a.content_id
