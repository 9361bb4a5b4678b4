-- list_article_notes: newest first. Index article_notes_newest.
with page as (
    select id, created_at, row_number() over (order by created_at desc, id desc) as number
      from (select id, created_at from article_notes
             where article_id = :path_id::uuid
               and (:cursor_1::timestamptz is null or (created_at, id) < (:cursor_1::timestamptz, :cursor_2::uuid))
             order by created_at desc, id desc
             limit :query_limit::integer + 1) rows
)
select coalesce(json_agg(article_note_document(id) order by number) filter (where number <= :query_limit::integer), '[]') as body,
       max(created_at) filter (where number = :query_limit::integer
           and exists (select from page where number > :query_limit::integer)) as next_1,
       max(id::text) filter (where number = :query_limit::integer) as next_2
  from page
