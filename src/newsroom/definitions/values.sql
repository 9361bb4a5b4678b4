-- Values on their way between JSON and columns. Each is one expression, which the planner puts into the statement that calls
-- it: so they are `stable` where what they call is, and never `strict`.

-- Times as the API writes them: RFC 3339 in UTC with Z, milliseconds.
create function rfc3339(at timestamptz) returns text language sql stable parallel safe as $$
    select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

-- A member of a merge patch (RFC 7396): what the patch says when it has the member, be it null, else what there was.
create function patched(patch json, member text, was text) returns text language sql immutable parallel safe as $$
    select case when patch -> member is null then was else patch ->> member end
$$;

-- What a reader is told, in the language that was agreed on.
create function in_language(language text, french text, english text) returns text
language sql immutable parallel safe as $$
    select case language when 'fr' then french else english end
$$;

-- A word that is an id, as one; null for any other.
create function as_uuid(word text) returns uuid language sql immutable parallel safe as $$
    select case when word ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then word::uuid end
$$;

-- The members of a JSON object without its braces, to be joined with others': `'{' || concat_ws(', ', …) || '}'` costs a
-- tenth of what another jsonb would. Cut as bytes, since cutting a text counts its characters.
create function json_members(object json) returns text language plpgsql stable parallel safe as $$
begin
    return convert_from(substring(convert_to(object::text, 'UTF8') from 2 for octet_length(object::text) - 2), 'UTF8');
end $$;
