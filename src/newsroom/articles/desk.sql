-- list_articles_at_the_desk: by the last change, in either order. Indexes articles_by_status, articles_by_author,
-- articles_by_assignee, article_filings_pkey, or article_contents_by_title; limit first, join after.
with page as (
    select a.*, p.number
      from desk_page(:query_status::text[], :query_section, :query_author, :query_assignee::uuid, :query_mine::boolean,
                     :query_q, :query_updated_since::timestamptz, :query_updated_until::timestamptz,
                     :query_sort = 'updated', :cursor_1::timestamptz, :cursor_2::uuid, :query_limit::integer + 1) p
      join articles a on a.id = p.article_id
)
select coalesce(json_agg(json_build_object(
           'id', a.id, 'version', a.version, 'status', a.status,
           'has_changes', article_has_changes(a.id, a.content_id),
           'lang', c.lang, 'slug', c.slug, 'kicker', c.kicker, 'title', c.title,
           'standfirst', c.standfirst, 'teaser', c.teaser,
           'sections', c.sections, 'tags', c.tags, 'authors', c.authors,
           'image', c.image, 'assignee', account_card(a.assignee),
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
