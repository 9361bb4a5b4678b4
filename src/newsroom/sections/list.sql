-- list_sections: all of them, in the newsroom's order. A newsroom has tens of sections, so this is one page.
-- Index sections_by_position.
select coalesce(json_agg(json_build_object('id', id, 'slug', slug, 'name', name, 'description', description,
                                           'position', position) order by position, name, id), '[]') as body,
       'list:sections' as keys
  from sections
