-- list_articles: what readers may see, by any of the filters together, newest or oldest first. Indexes public_listings_pkey,
-- publications_newest, publications_newest_of_lang; limit first, join after. The moment is read after the snapshot.
with asked as materialized (
    select row(clock_timestamp(), :query_section::text[], :query_tag::text[], :query_tag_all::text[], :query_author::text[],
               :query_ids::uuid[], :query_lang, :query_since::timestamptz, :query_until::timestamptz)::delivery_filter as filter,
           least(:query_limit::integer, case when 'body' = any(:query_include::text[]) then 20 else 100 end) as wanted
), page as materialized (
    select found.*, row_number() over () as number
      from asked, delivery_page(filter => filter, oldest_first => :query_sort = 'published_at', after_at => :cursor_1::timestamptz,
                               after_id => :cursor_2::uuid, wanted => wanted) found
)
select cards as body,
       (select published_at::text from page where number = wanted
           and exists (select from page where number > wanted)) as next_1,
       (select article_id::text from page where number = wanted) as next_2,
       'list:articles' as keys,
       delivery_fresh_for((filter).moment) as fresh_for,
       case when :query_count::text is not null then delivery_count(filter, :query_count) end as count
  from asked,
       article_cards(shown => array(select publication_id from page where number <= wanted order by number),
                     moment => (filter).moment, url_template => :config_article_url, include => :query_include::text[])
