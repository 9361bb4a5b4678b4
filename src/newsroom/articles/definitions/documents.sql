-- An article's members, written once: `card` is what every list shows of a content, `details` what a whole article has beside
-- that, `body` the body in the form that was asked for. Whoever shows articles puts these together with members of its own:
-- get, list, version, and what readers get.
--
-- The three functions are views that bind no column: each is one query, which the planner puts into the statement that asks
-- (so they are SQL, stable, and have no settings), and what a statement does not take of them costs nothing.

-- `for_readers`: a teaser that is missing is the standfirst, and Markdown goes without the keys of its blocks.
create function contents(for_readers boolean, with_bios boolean, body_form text)
returns table (id bigint, article_id uuid, slug text, title text, card json, details json, body text)
language sql stable as $$
    select c.id, c.article_id, c.slug::text, c.title,
           json_build_object(
               'lang', c.lang, 'slug', c.slug, 'kicker', c.kicker, 'title', c.title, 'standfirst', c.standfirst,
               'teaser', case when for_readers then coalesce(c.teaser, c.standfirst) else c.teaser end,
               'image', c.image,
               'sections', (select coalesce(json_agg(json_build_object('id', s.id, 'slug', s.slug, 'name', s.name)
                                                     order by x.position), '[]')
                              from article_sections x join sections s on s.id = x.section_id
                             where x.content_id = c.id),
               'tags', (select coalesce(json_agg(json_build_object('id', t.id, 'slug', t.slug, 'name', t.name, 'kind', t.kind)
                                                 order by x.position), '[]')
                          from article_tags x join tags t on t.id = x.tag_id
                         where x.content_id = c.id),
               'authors', (select coalesce(json_agg(case when with_bios
                                  then json_build_object('id', w.id, 'slug', w.slug, 'name', w.name, 'role', x.role,
                                                         'bio', coalesce(x.bio, w.bio))
                                  else json_build_object('id', w.id, 'slug', w.slug, 'name', w.name, 'role', x.role) end
                                                    order by x.position), '[]')
                             from article_authors x join authors w on w.id = x.author_id
                            where x.content_id = c.id),
               'no_sponsorship', c.no_sponsorship,
               'excerpt', c.excerpt, 'word_count', c.word_count, 'reading_minutes', c.reading_minutes),
           json_build_object('seo', c.seo, 'corrections', c.corrections, 'outline', c.outline),
           case body_form
               when 'html' then '"body_html": ' || to_json(c.body_html)::text
               when 'markdown' then '"body_markdown": '
                                 || to_json(c.body_markdown || case when for_readers then '' else c.body_keys end)::text
               when 'text' then '"body_text": ' || to_json(c.body_text)::text
               else '"body": ' || c.body::text end
      from article_contents c
$$;

-- Articles as the desk works on them: `state` is what they have beside their content. `url_template` makes their address.
create function working_copies(url_template text, with_bios boolean, body_form text)
returns table (id uuid, version integer, created_by uuid, content_id bigint, updated_at timestamptz, slug text,
               state json, card json, details json, body text)
language sql stable as $$
    select a.id, a.version, a.created_by, a.content_id, a.updated_at, c.slug,
           json_build_object(
               'id', a.id, 'version', a.version, 'status', a.status,
               'has_changes', article_has_changes(a.id, a.content_id),
               'assignee', account_card(a.assignee), 'notes', a.notes, 'date', rfc3339(a.date),
               'actions', article_actions(a.id, a.status, a.content_id),
               'url', article_url(url_template, c.slug), 'published_at', rfc3339(article_published_at(a.id)),
               'created_at', rfc3339(a.created_at), 'created_by', account_card(a.created_by),
               'updated_at', rfc3339(a.updated_at), 'updated_by', account_card(a.updated_by)),
           c.card, c.details, c.body
      from articles a join contents(false, with_bios, body_form) c on c.id = a.content_id
$$;

-- Articles as readers see them, one row a range of time; whoever asks says at which moment.
create function public_articles(url_template text, with_bios boolean, body_form text)
returns table (publication_id bigint, article_id uuid, content_id bigint, during tstzrange, past boolean, slug text,
               state json, card json, details json, body text)
language sql stable as $$
    select p.id, p.article_id, p.content_id, p.during, p.past, c.slug,
           json_build_object('id', p.article_id, 'url', article_url(url_template, c.slug),
                             'published_at', rfc3339(p.published_at), 'updated_at', rfc3339(lower(p.during))),
           c.card, c.details, c.body
      from publications p join contents(true, with_bios, body_form) c on c.id = p.content_id
$$;

create function article_url(url_template text, slug text) returns text language sql immutable parallel safe as $$
    select replace(url_template, '{slug}', slug)
$$;

-- A working copy without its body, for a comparison with what somebody read. A function for its plan: most saves have nothing
-- to compare.
create function article_document(article uuid, url_template text) returns json language plpgsql stable as $$
begin
    return (select '{' || concat_ws(', ', json_members(a.state), json_members(a.card), json_members(a.details)) || '}'
              from working_copies(url_template, true, null) a
             where a.id = article);
end $$;

-- ------------------------------------------------------------------------------------------- facts of articles

-- Whether readers see it at a moment.
create function article_is_public(article uuid, at timestamptz) returns boolean language plpgsql stable as $$
begin
    return exists (select from publications where article_id = article and not past and during @> at);
end $$;

-- Whether readers could ever see it, or will by themselves.
create function article_was_public(article uuid) returns boolean language plpgsql stable as $$
begin
    return exists (select from publications where article_id = article);
end $$;

create function article_published_at(article uuid) returns timestamptz language plpgsql stable as $$
begin
    return (select published_at from publications where article_id = article order by published_at limit 1);
end $$;

-- Whether the working copy differs from what readers see; false where readers see nothing.
create function article_has_changes(article uuid, content bigint) returns boolean language plpgsql stable as $$
begin
    return coalesce((select content_id <> content from publications
                      where article_id = article and not past and during @> clock_timestamp()), false);
end $$;
