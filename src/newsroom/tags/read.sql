-- read_tag: a tag by its slug, as readers may see it, with its newest articles where they are asked for. An older slug
-- answers with the present address. Unique keys on slug.
with asked as (
    select filing_resolve('tags', :path_slug) as id
)
select case when x.slug = :path_slug then 200 else 308 end as status,
       case when x.slug <> :path_slug then '/v1/tags/' || x.slug || case when newest.cards is not null then '?include=articles' else '' end
       end as location,
       '{' || concat_ws(', ', json_members(json_build_object('id', x.id, 'slug', x.slug, 'name', x.name, 'kind', x.kind)),
                        '"articles": ' || newest.cards) || '}' as body,
       'tag:' || x.id || case when x.slug <> :path_slug then ' list:tags' else '' end || newest.keys as keys,
       newest.fresh_for
  from asked join tags x on x.id = asked.id
 cross join lateral newest_articles(include => :query_include::text[], kind => 'tags', thing => x.id,
                                    url_template => :config_article_url) newest
