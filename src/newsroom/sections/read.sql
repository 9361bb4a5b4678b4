-- read_section: a section by its slug, as readers may see it, between those above and below, with its newest articles where
-- they are asked for. An older slug answers with its present address. Unique keys on slug; whatever changes a section may
-- change what stands around another.
with asked as (
    select filed_as('sections', :path_slug) as id
)
select case when s.slug = :path_slug then 200 else 308 end as status,
       case when s.slug <> :path_slug then '/v1/sections/' || s.slug || case when newest.cards is not null then '?include=articles' else '' end
       end as location,
       json_with(json_build_object('id', s.id, 'slug', s.slug, 'name', s.name, 'description', s.description,
                                   'position', s.position, 'parents', section_parents(s.id), 'children', section_children(s.id)),
                 'articles', newest.cards) as body,
       greatest(filing_last_modified('sections'), newest.last_modified) as last_modified,
       'section:' || s.id || ' list:sections' || newest.keys as keys,
       newest.fresh_for
  from asked join sections s on s.id = asked.id
 cross join lateral newest_articles(:query_include::text[], 'sections', s.id, :config_article_url) newest
