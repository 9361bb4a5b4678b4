-- list_tags: by name, optionally of one kind. Index tags_by_name.
with page as (
    select id, slug, name, kind, row_number() over (order by name, id) as number
      from (select * from tags
             where (:query_kind::text is null or kind = :query_kind)
               and (:cursor_1::text is null or (name, id) > (:cursor_1, :cursor_2::uuid))
             order by name, id
             limit :query_limit::integer + 1) rows
)
select coalesce(json_agg(json_build_object('id', id, 'slug', slug, 'name', name, 'kind', kind) order by number)
                filter (where number <= :query_limit::integer), '[]') as body,
       max(name) filter (where number = :query_limit::integer and exists (select from page where number > :query_limit::integer)) as next_1,
       max(id::text) filter (where number = :query_limit::integer) as next_2,
       'list:tags' as keys
  from page
