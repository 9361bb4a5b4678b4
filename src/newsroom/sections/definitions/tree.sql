-- Sections stand in a tree: what holds it together, and how it is shown.

create or replace trigger next_version before update on sections
    for each row execute function next_version();

-- From the roots every section is reached, within ten levels. Looked at when the statement is done; of two that would make a
-- circle together the second has waited for the lock, and sees the first.
create function sections_are_a_tree() returns trigger language plpgsql as $$
declare
    reached bigint;
    deepest integer;
    fault text;
begin
    with recursive tree as (
        select id, 1 as level from sections where parent_id is null
        union all
        select s.id, tree.level + 1 from tree join sections s on s.parent_id = tree.id
    )
    select count(*), max(level) into reached, deepest from tree;
    fault := case when reached < (select count(*) from sections) then 'A section stands below none of its own.'
                  when deepest > 10 then 'Sections stand in ten levels at most.' end;
    if fault is not null then
        perform refuse('MB422', fault, error_at('/parent', fault));
    end if;
    return null;
end $$;

create or replace trigger sections_are_a_tree after insert or update on sections
    for each statement execute function sections_are_a_tree();

-- A section and those below it.
create function sections_below(section uuid) returns uuid[] language plpgsql stable as $$
begin
    return (with recursive below as (
                select section as id
                union
                select s.id from below b join sections s on s.parent_id = b.id
            )
            select array_agg(id) from below where id is not null);
end $$;

create function section_card(section uuid) returns json language plpgsql stable as $$
begin
    return (select json_build_object('id', id, 'slug', slug, 'name', name) from sections where id = section);
end $$;

-- The sections below one, each with those below it; below null the whole tree. It calls itself.
create function section_branch(section uuid) returns json language plpgsql stable as $$
begin
    return (select coalesce(json_agg(json_build_object('id', id, 'slug', slug, 'name', name, 'description', description,
                                                       'position', position, 'children', section_branch(id))
                                     order by position, name, id), '[]')
              from sections
             where parent_id = section or (section is null and parent_id is null));
end $$;

-- A section as the desk gets it. Its plan is kept: a list asks for one after the other.
create function section_document(section uuid) returns json language plpgsql stable as $$
begin
    return (select json_build_object('id', id, 'version', version, 'slug', slug, 'name', name, 'description', description,
                                     'parent', section_card(parent_id), 'position', position,
                                     'aliases', (select coalesce(json_agg(a.slug order by a.slug), '[]')
                                                   from section_aliases a where a.leads_to = s.id),
                                     'created_at', rfc3339(created_at), 'updated_at', rfc3339(updated_at))
              from sections s
             where id = section);
end $$;
