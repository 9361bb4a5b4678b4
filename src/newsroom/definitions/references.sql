-- References: what a body names by an id, a slug, or an object with either, as it was read.

create type resolved as (position integer, id uuid, reference json);

-- The word to look for.
create function reference_word(reference json) returns text language sql immutable parallel safe as $$
    select case json_typeof(reference) when 'object'
                then coalesce(reference ->> 'id', reference ->> 'slug', reference ->> 'named')
                else reference #>> '{}' end
$$;

-- A member of a reference; null where the reference is only a word.
create function reference_member(reference json, member text) returns text language sql immutable parallel safe as $$
    select case json_typeof(reference) when 'object' then reference ->> member end
$$;

-- What has a name, folded: without case and accents, and with single blanks. At the most two, for then it is not clear which.
-- In front matter things may be named so (`named`); whoever has many of them looks here only for what is no slug.
create function filing_named(kind text, name text) returns uuid[] language plpgsql stable as $$
declare
    found uuid[];
begin
    execute format('select array(select id from %I where folded(regexp_replace(btrim(name), ''\s+'', '' '', ''g''))'
                   ' = folded(regexp_replace(btrim($1), ''\s+'', '' '', ''g'')) limit 2)', kind) into found using name;
    return found;
end $$;

-- What a reference leads to: by its word, or by the name of one thing alone.
create function reference_resolve(kind text, reference json) returns uuid language plpgsql stable as $$
declare
    found uuid := filing_resolve(kind, reference_word(reference));
    named uuid[];
begin
    if found is null and reference_member(reference, 'named') is not null then
        named := filing_named(kind, reference_member(reference, 'named'));
        found := case when cardinality(named) = 1 then named[1] end;
    end if;
    return found;
end $$;

-- Turns a list of references to sections, tags or authors into ids, null where one leads nowhere.
create function resolve_references(kind text, list json) returns setof resolved language sql stable as $$
    select (given.number - 1)::integer, reference_resolve(kind, given.reference), given.reference
      from json_array_elements(list) with ordinality as given (reference, number)
     order by given.number
$$;

-- Every reference in a body to sections, tags and authors that leads nowhere or comes twice. An author may come once for
-- each part.
create function reference_faults(body json) returns setof fault language plpgsql stable as $$
begin
    return query
    with given as (
        select kinds.kind, kinds.number, r.*, reference_word(r.reference) as word,
               case kinds.kind when 'authors' then coalesce(reference_member(r.reference, 'role'), 'by') end as part
          from unnest(array['sections', 'tags', 'authors']) with ordinality kinds (kind, number),
               resolve_references(kinds.kind, body -> kinds.kind) r
    )
    select format('/%s/%s', given.kind, given.position),
           case when given.word is null then 'A reference has an id or a slug.'
                when given.id is null and reference_member(given.reference, 'named') is not null
                     and cardinality(filing_named(given.kind, given.word)) > 1
                then format('Several %s are called %s: write the slug of one.', given.kind, to_json(given.word))
                when given.id is null then format('There is no %s %s.', rtrim(given.kind, 's'), to_json(given.word))
                else format('%s comes twice.', to_json(given.word)) end
      from given
     where given.id is null
        or exists (select from given before
                    where before.kind = given.kind and before.id = given.id and before.position < given.position
                      and before.part is not distinct from given.part)
     order by given.number, given.position;
end $$;

-- Refuses them all at once. Volatile: it is asked after references_lock_shared, and looks at what is there then.
create function require_references(body json) returns void language plpgsql as $$
begin
    perform require(count(*) = 0, 'MB422', 'Some references lead nowhere or come twice.',
                    json_build_object('errors', json_agg(fault)))
       from reference_faults(body) fault;
end $$;

-- Refuses a reference that leads nowhere; null leads where it should.
create function require_reference(kind text, reference json, pointer text) returns void language plpgsql as $$
declare
    word text := reference_word(reference);
    fault text := case when word is null then 'A reference has an id or a slug.'
                       else format('There is no %s %s.', rtrim(kind, 's'), to_json(word)) end;
begin
    if json_typeof(reference) <> 'null' and filing_resolve(kind, word) is null then
        perform refuse('MB422', fault, error_at(pointer, fault));
    end if;
end $$;
