-- count_sponsorship_inquiries: what was erased is counted as well. Reads the whole table: an office has thousands, and
-- asks now and then.
with counted as (
    select to_char(created_at at time zone 'UTC', 'YYYY-MM') as month, kind, status, article_id, article_slug, article_title
      from sponsorship_inquiries
     where (:query_since::timestamptz is null or created_at >= :query_since::timestamptz)
       and (:query_until::timestamptz is null or created_at < :query_until::timestamptz)
), articles as (
    select article_id, max(article_slug) as slug, max(article_title) as title, count(*) as number
      from counted
     where article_id is not null
     group by article_id
     order by number desc, article_id
     limit 1000
)
select json_build_object(
           'total', (select count(*) from counted),
           'by_month', (select coalesce(json_agg(json_build_object('month', month, 'count', n) order by month), '[]')
                          from (select month, count(*) n from counted group by month) m),
           'by_kind', (select coalesce(json_agg(json_build_object('kind', kind, 'count', n) order by n desc, kind), '[]')
                         from (select kind, count(*) n from counted group by kind) k),
           'by_status', (select coalesce(json_agg(json_build_object('status', status, 'count', n) order by n desc, status), '[]')
                           from (select status, count(*) n from counted group by status) s),
           'by_article', (select coalesce(json_agg(json_build_object(
                                     'article', json_build_object('id', article_id, 'slug', slug, 'title', title),
                                     'count', number) order by number desc, article_id), '[]') from articles)) as body
