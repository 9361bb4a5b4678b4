-- create_article: its first content, its references, and the article itself. The slug was claimed by slugs/claim.
with given as (
    select :body::json as b
), written as (
    insert into article_contents (article_id, lang, slug, kicker, title, standfirst, teaser,
                                  image, seo, no_sponsorship,
                                  body, body_html, body_text, body_markdown, body_keys, excerpt, outline,
                                  word_count, reading_minutes)
    select s.article_id, coalesce(b ->> 'lang', :config_lang), s.slug, b ->> 'kicker', b ->> 'title',
           b ->> 'standfirst', b ->> 'teaser',
           image_patched(b, null), seo_patched(b, null), coalesce((b ->> 'no_sponsorship')::boolean, false),
           coalesce(:content_blocks, '[]')::json, coalesce(:content_html, ''), coalesce(:content_text, ''),
           coalesce(:content_markdown, ''), coalesce(:content_keys, ''), coalesce(:content_excerpt, ''),
           coalesce(:content_outline, '[]')::json,
           coalesce(:content_words::integer, 0), coalesce(:content_minutes::integer, 0)
      from given, article_slugs s
     where s.article_id = :new_id::uuid
    returning id
), sections_filed as (
    insert into article_sections (content_id, position, section_id)
    select written.id, r.position, r.id
      from written, given, resolve_references('sections', b -> 'sections') r
), tags_filed as (
    insert into article_tags (content_id, position, tag_id)
    select written.id, r.position, r.id
      from written, given, resolve_references('tags', b -> 'tags') r
), authors_filed as (
    insert into article_authors (content_id, position, author_id, role, bio)
    select written.id, r.position, r.id, coalesce(author_member(r.reference, 'role'), 'by'),
           nullif(author_member(r.reference, 'bio'), w.bio)
      from written, given, resolve_references('authors', b -> 'authors') r join authors w on w.id = r.id
), related_filed as (
    insert into article_related (content_id, position, article_id)
    select written.id, r.position, r.id
      from written, given, resolve_related(:new_id::uuid, b -> 'related') r
)
insert into articles (id, content_id, assignee, notes, created_by, updated_by)
select :new_id::uuid, written.id, resolve_assignee(:new_id::uuid, b -> 'assignee'), b ->> 'notes', caller_id(), caller_id()
  from written, given
