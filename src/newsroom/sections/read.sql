-- read_section: a section by its slug, as readers may see it, between those above and below, with its newest articles where
-- they are asked for. An older slug answers with its present address. Unique keys on slug; whatever changes a section may
-- change what stands around another.
with recursive asked as (
    select filing_resolve('sections', :path_slug) as id
), above as ( -- from the one above it to the root
    select s.parent_id as id, 1 as steps from asked join sections s on s.id = asked.id
    union all
    select s.parent_id, steps + 1 from above join sections s on s.id = above.id
)
select case when s.slug = :path_slug then 200 else 308 end as status,
       case when s.slug <> :path_slug then '/v1/sections/' || s.slug || case when newest.cards is not null then '?include=articles' else '' end
       end as location,
       '{' || concat_ws(', ', json_members(json_build_object(
           'id', s.id, 'slug', s.slug, 'name', s.name, 'description', s.description, 'position', s.position,
           'parents', (select coalesce(json_agg(section_card(above.id) order by steps desc) filter (where above.id is not null), '[]')
                         from above),
           'children', (select coalesce(json_agg(section_card(c.id) order by c.position, c.name, c.id), '[]')
                          from sections c
                         where c.parent_id = s.id))),
           '"articles": ' || newest.cards) || '}' as body,
       'section:' || s.id || ' list:sections' || newest.keys as keys,
       newest.fresh_for
  from asked join sections s on s.id = asked.id
 cross join lateral newest_articles(include => :query_include::text[], kind => 'sections', thing => s.id,
                                    url_template => :config_article_url) newest
