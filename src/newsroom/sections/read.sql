-- read_section: a section by its slug, as readers may see it, between those above and below. An older slug answers with
-- its present address. Unique keys on slug; whatever changes a section may change what stands around another.
with asked as (
    select filed_as('sections', :path_slug) as id
)
select case when s.slug = :path_slug then 200 else 308 end as status,
       case when s.slug <> :path_slug then '/v1/sections/' || s.slug end as location,
       json_build_object('id', s.id, 'slug', s.slug, 'name', s.name, 'description', s.description, 'position', s.position,
                         'parents', section_parents(s.id), 'children', section_children(s.id)) as body,
       filing_last_modified('sections') as last_modified,
       'section:' || s.id || ' list:sections' as keys
  from asked join sections s on s.id = asked.id
