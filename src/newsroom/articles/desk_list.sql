-- list_articles_at_the_desk: by the last change, in either order. Indexes articles_by_status, articles_by_author,
-- articles_by_assignee, desk_listings_pkey, or article_contents_by_title; limit first, join after.
with page as (
    select number, article_id as id
      from desk_page(statuses => :query_status::text[], section => :query_section, author => :query_author,
                     assigned => :query_assignee::uuid, mine => :query_mine::boolean, words => :query_q,
                     since => :query_updated_since::timestamptz, until => :query_updated_until::timestamptz,
                     oldest_first => :query_sort = 'updated', after_at => :cursor_1::timestamptz,
                     after_id => :cursor_2::uuid, most => :query_limit::integer + 1)
)
select '[' || coalesce(string_agg('{' || concat_ws(', ', json_members(a.state), json_members(a.card)) || '}', ', ' order by number)
                       filter (where number <= :query_limit::integer), '') || ']' as body,
       max(a.updated_at::text) filter (where number = :query_limit::integer
           and exists (select from page where number > :query_limit::integer)) as next_1,
       max(a.id::text) filter (where number = :query_limit::integer) as next_2
  from page join working_copies(:config_article_url, false, null) a using (id)
