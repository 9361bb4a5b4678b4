-- A tag: its next version, and what the desk gets of it.

create or replace trigger next_version before update on tags
    for each row execute function next_version();

-- Its plan is kept: a list asks for one after the other.
create function tag_document(tag uuid) returns json language plpgsql stable as $$
begin
    return (select json_build_object('id', id, 'version', version, 'slug', slug, 'name', name, 'kind', kind,
                                     'aliases', (select coalesce(json_agg(a.slug order by a.slug), '[]')
                                                   from tag_aliases a where a.leads_to = t.id),
                                     'created_at', rfc3339(created_at), 'updated_at', rfc3339(updated_at))
              from tags t
             where id = tag);
end $$;
