-- patch_article, first half: writes the content that the working copy would become, field by field what the patch says
-- or what there was. articles/adopt then decides whether anything differs. Index article_sections_pkey and its like.
with given as (
    select :body::json as patch
), was as (
    select c.*
      from articles a join article_contents c on c.id = a.content_id
     where a.id = :path_id::uuid
), written as (
    insert into article_contents (article_id, lang, slug, kicker, title, standfirst, teaser,
                                  image, seo, no_sponsorship, corrections,
                                  body, body_html, body_text, body_markdown, body_keys, excerpt, outline,
                                  word_count, reading_minutes)
    select article_id, patched(patch, 'lang', lang), patched(patch, 'slug', slug), patched(patch, 'kicker', kicker),
           patched(patch, 'title', title), patched(patch, 'standfirst', standfirst), patched(patch, 'teaser', teaser),
           image_patched(patch, image), seo_patched(patch, seo),
           patched(patch, 'no_sponsorship', no_sponsorship::text)::boolean, corrections,
           coalesce(:content_blocks::json, body), coalesce(:content_html, body_html),
           coalesce(:content_text, body_text), coalesce(:content_markdown, body_markdown),
           coalesce(:content_keys, body_keys), coalesce(:content_excerpt, excerpt),
           coalesce(:content_outline::json, outline), coalesce(:content_words::integer, word_count),
           coalesce(:content_minutes::integer, reading_minutes)
      from given, was
    returning id
), sections_filed as (
    insert into article_sections (content_id, position, section_id)
    select written.id, r.position, r.id
      from written, given, resolve_references('sections', patch -> 'sections') r
    union all
    select written.id, x.position, x.section_id
      from written, given, was join article_sections x on x.content_id = was.id
     where patch -> 'sections' is null
), tags_filed as (
    insert into article_tags (content_id, position, tag_id)
    select written.id, r.position, r.id
      from written, given, resolve_references('tags', patch -> 'tags') r
    union all
    select written.id, x.position, x.tag_id
      from written, given, was join article_tags x on x.content_id = was.id
     where patch -> 'tags' is null
), related_filed as (
    insert into article_related (content_id, position, article_id)
    select written.id, r.position, r.id
      from written, given, resolve_related(:path_id::uuid, patch -> 'related') r
    union all
    select written.id, x.position, x.article_id
      from written, given, was join article_related x on x.content_id = was.id
     where patch -> 'related' is null
)
insert into article_authors (content_id, position, author_id, role, bio)
select written.id, r.position, r.id, coalesce(author_member(r.reference, 'role'), 'by'),
       nullif(author_member(r.reference, 'bio'), w.bio)
  from written, given, resolve_references('authors', patch -> 'authors') r join authors w on w.id = r.id
union all
select written.id, x.position, x.author_id, x.role, x.bio
  from written, given, was join article_authors x on x.content_id = was.id
 where patch -> 'authors' is null
