-- read_author: an author by their slug, as readers may see them, with the newest articles where they are asked for. An
-- older slug answers with the present address. Unique keys on slug.
with asked as (
    select filing_resolve('authors', :path_slug) as id
)
select case when x.slug = :path_slug then 200 else 308 end as status,
       case when x.slug <> :path_slug then '/v1/authors/' || x.slug || case when newest.cards is not null then '?include=articles' else '' end
       end as location,
       '{' || concat_ws(', ', json_members(json_build_object('id', x.id, 'slug', x.slug, 'name', x.name, 'bio', x.bio,
                                                             'links', x.links, 'image', x.image)),
                        '"articles": ' || newest.cards) || '}' as body,
       'author:' || x.id || case when x.slug <> :path_slug then ' list:authors' else '' end || newest.keys as keys,
       newest.fresh_for
  from asked join authors x on x.id = asked.id
 cross join lateral newest_articles(include => :query_include::text[], kind => 'authors', thing => x.id,
                                    url_template => :config_article_url) newest
