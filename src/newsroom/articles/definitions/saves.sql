-- How a content is written: for a new article and for a save, field by field (article_content_write), so a new field has its
-- line there, and one in `contents` (documents.sql), where it is shown. A duplicate copies every column but those that it names.

-- What an image becomes by a merge patch (RFC 7396), member by member; null: there is none. Kept with all its members in one
-- order: two that say the same are the same text.
create function article_image_patched(patch json, was json) returns json language plpgsql stable as $$
begin
    return case when patch is null then was
                when json_typeof(patch) = 'null' then null
                else json_build_object('url', patched(patch, 'url', was ->> 'url'),
                                       'alt', patched(patch, 'alt', was ->> 'alt'),
                                       'caption', patched(patch, 'caption', was ->> 'caption'),
                                       'credit', patched(patch, 'credit', was ->> 'credit'),
                                       'width', patched(patch, 'width', was ->> 'width')::numeric::integer,
                                       'height', patched(patch, 'height', was ->> 'height')::numeric::integer)
           end;
end $$;

-- The same for what search engines are told; null in a patch forgets all of it.
create function article_seo_patched(patch json, was json) returns json language plpgsql stable as $$
declare
    is_object boolean := json_typeof(patch) is not distinct from 'object';
    said json := case when is_object then patch else '{}' end;
    was_said json := case when is_object then was end;
begin
    if patch is null and was is not null then
        return was;
    end if;
    return json_build_object('title', patched(said, 'title', was_said ->> 'title'),
                             'description', patched(said, 'description', was_said ->> 'description'),
                             'canonical_url', patched(said, 'canonical_url', was_said ->> 'canonical_url'),
                             'noindex', coalesce(patched(said, 'noindex', was_said ->> 'noindex')::boolean, false));
end $$;

-- Writes what a content becomes by a merge patch, field by field what it says or what there was; `was` is null for a new
-- article, whose slug has been claimed. The body comes in all its forms, or in none. Says which content it wrote.
create function article_content_write(article uuid, was bigint, said json, default_lang text, blocks json, html text, plain text,
                                      markdown text, keys text, excerpt text, outline json, words integer, minutes integer)
returns bigint language plpgsql as $$
declare
    c article_contents;
begin
    select * into c from article_contents where id = was;
    c.id := nextval(pg_get_serial_sequence('article_contents', 'id'));
    c.article_id := article;
    c.lang := patched(said, 'lang', coalesce(c.lang, default_lang));
    c.slug := patched(said, 'slug', coalesce(c.slug, (select slug from article_slugs where article_id = article)));
    c.kicker := patched(said, 'kicker', c.kicker);
    c.title := patched(said, 'title', c.title);
    c.standfirst := patched(said, 'standfirst', c.standfirst);
    c.teaser := patched(said, 'teaser', c.teaser);
    c.image := article_image_patched(said -> 'image', c.image);
    c.seo := article_seo_patched(said -> 'seo', c.seo);
    c.no_sponsorship := coalesce(patched(said, 'no_sponsorship', c.no_sponsorship::text)::boolean, false);
    c.corrections := coalesce(c.corrections, '[]');
    c.body := coalesce(blocks, c.body, '[]');
    c.body_html := coalesce(html, c.body_html, '');
    c.body_text := coalesce(plain, c.body_text, '');
    c.body_markdown := coalesce(markdown, c.body_markdown, '');
    c.body_keys := coalesce(keys, c.body_keys, '');
    c.excerpt := coalesce(article_content_write.excerpt, c.excerpt, '');
    c.outline := coalesce(article_content_write.outline, c.outline, '[]');
    c.word_count := coalesce(words, c.word_count, 0);
    c.reading_minutes := coalesce(minutes, c.reading_minutes, 0);
    insert into article_contents overriding system value select c.*;
    perform article_references_write(article => article, was => was, becomes => c.id, said => said);
    return c.id;
end $$;

-- What a content refers to: what the patch says, or what the content before it did.
create function article_references_write(article uuid, was bigint, becomes bigint, said json) returns void
language plpgsql as $$
begin
    insert into article_sections (content_id, position, section_id)
    select becomes, position, id from resolve_references('sections', said -> 'sections')
    union all
    select becomes, position, section_id from article_sections where content_id = was and said -> 'sections' is null;
    insert into article_tags (content_id, position, tag_id)
    select becomes, position, id from resolve_references('tags', said -> 'tags')
    union all
    select becomes, position, tag_id from article_tags where content_id = was and said -> 'tags' is null;
    insert into article_authors (content_id, position, author_id, role, bio)
    select becomes, r.position, r.id, coalesce(reference_member(r.reference, 'role'), 'by'),
           nullif(reference_member(r.reference, 'bio'), w.bio)
      from resolve_references('authors', said -> 'authors') r join authors w on w.id = r.id
    union all
    select becomes, position, author_id, role, bio from article_authors where content_id = was and said -> 'authors' is null;
    insert into article_related (content_id, position, article_id)
    select becomes, position, id from resolve_related(article, said -> 'related')
    union all
    select becomes, position, article_id from article_related where content_id = was and said -> 'related' is null;
end $$;

-- duplicate_article: another draft with the same content. Its slug is the first free one of the same name: `x` and `x-2` both
-- lead to `x-3`. What was corrected, who sees to it and what was noted stay with the first one. A function, since each step
-- sees the one before.
create function article_duplicate(article uuid, copy uuid) returns void language plpgsql as $$
declare
    c article_contents;
    was bigint;
    name text;
begin
    select x.* into c
      from articles a join article_contents x on x.id = a.content_id
     where a.id = article
       for key share of a; -- what is copied is not deleted meanwhile
    if not found then
        perform refuse('MB404', 'There is no such article.');
    end if;
    was := c.id;
    name := regexp_replace(c.slug, '-[1-9][0-9]?$', '');
    if name = c.slug or not exists (select from article_slugs where slug = name) then
        name := c.slug;
    end if;
    perform claim_slug(copy, null, name);
    c.id := nextval(pg_get_serial_sequence('article_contents', 'id'));
    c.article_id := copy;
    c.slug := (select slug from article_slugs where article_id = copy);
    c.corrections := '[]';
    insert into article_contents overriding system value select c.*;
    perform article_references_write(article => copy, was => was, becomes => c.id, said => '{}');
    insert into articles (id, act, content_id, created_by, updated_by)
    values (copy, 'duplicate', c.id, caller_id(), caller_id());
end $$;
