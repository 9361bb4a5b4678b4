-- An author: their next version, what the desk gets of them, and their picture as it is kept.

create or replace trigger next_version before update on authors
    for each row execute function next_version();

-- Its plan is kept: a list asks for one after the other.
create function author_document(author uuid) returns json language plpgsql stable as $$
begin
    return (select json_build_object('id', id, 'version', version, 'slug', slug, 'name', name, 'bio', bio, 'links', links,
                                     'image', image,
                                     'aliases', (select coalesce(json_agg(a.slug order by a.slug), '[]')
                                                   from author_aliases a where a.leads_to = w.id),
                                     'created_at', rfc3339(created_at), 'updated_at', rfc3339(updated_at))
              from authors w
             where id = author);
end $$;

-- A picture as a merge patch makes it: its members one by one, or none of it.
create function author_image_patched(patch json, was jsonb) returns jsonb language sql stable as $$
    select case when patch is null then was
                when json_typeof(patch) = 'object' then jsonb_build_object(
                    'url', patched(patch, 'url', was ->> 'url'), 'alt', patched(patch, 'alt', was ->> 'alt'),
                    'credit', patched(patch, 'credit', was ->> 'credit')) end
$$;
