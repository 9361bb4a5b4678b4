-- create_section.
insert into sections (id, slug, name, description, parent_id, position)
select :id::uuid, s.slug, b ->> 'name', b ->> 'description', filing_resolve('sections', reference_word(b -> 'parent')),
       coalesce((b ->> 'position')::numeric::integer, 0)
  from (select :body::json as b) given, free_slug('sections', :body::json ->> 'slug', :slug) s
