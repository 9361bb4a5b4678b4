-- list_authors: by name. Index authors_by_name.
with page as (
    select id, slug, name, bio, links, image, row_number() over (order by name, id) as number
      from (select * from authors
             where :cursor_1::text is null or (name, id) > (:cursor_1, :cursor_2::uuid)
             order by name, id
             limit :query_limit::integer + 1) rows
)
select coalesce(json_agg(json_build_object('id', id, 'slug', slug, 'name', name, 'bio', bio, 'links', links, 'image', image)
                         order by number)
                filter (where number <= :query_limit::integer), '[]') as body,
       max(name) filter (where number = :query_limit::integer and exists (select from page where number > :query_limit::integer)) as next_1,
       max(id::text) filter (where number = :query_limit::integer) as next_2,
       'list:authors' as keys
  from page
