-- list_article_versions: newest first. Primary key of article_versions.
with page as (
    select v.*, row_number() over (order by version desc) as number
      from (select * from article_versions
             where article_id = :path_id::uuid
               and (:cursor_1::integer is null or version < :cursor_1::integer)
             order by version desc
             limit :query_limit::integer + 1) v
)
select coalesce(json_agg(json_build_object(
           'version', version, 'act', act, 'note', note, 'status', status, 'changed', changed,
           'account', account_card(account_id), 'at', rfc3339(at)) order by number)
           filter (where number <= :query_limit::integer), '[]') as body,
       max(version) filter (where number = :query_limit::integer
           and exists (select from page where number > :query_limit::integer)) as next_1
  from page
