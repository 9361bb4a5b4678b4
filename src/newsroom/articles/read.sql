-- read_article: what readers see under a slug now. An older slug of the article answers with its present address; one
-- that readers have not seen yet answers nothing. The moment is read after the snapshot was taken, or a range that opened
-- in between would be missing beside the one that it closed. Keys article_slugs_pkey and publications_of_article.
with moment as materialized (
    select clock_timestamp() as at
)
select case when c.slug = asked.slug then 200 else 308 end as status,
       case when c.slug <> asked.slug
            then '/v1/articles/' || c.slug || case :query_body when 'blocks' then '' else '?body=' || :query_body end
       end as location,
       json_build_object(
           'id', p.article_id, 'lang', c.lang, 'slug', c.slug, 'kicker', c.kicker, 'title', c.title,
           'standfirst', c.standfirst, 'teaser', coalesce(c.teaser, c.standfirst),
           case :query_body when 'html' then 'body_html' when 'markdown' then 'body_markdown'
                when 'text' then 'body_text' else 'body' end,
           case :query_body when 'html' then to_json(c.body_html) when 'markdown' then to_json(c.body_markdown)
                when 'text' then to_json(c.body_text) else c.body end,
           'sections', c.sections, 'tags', c.tags, 'authors', c.authors_with_bios,
           'image', c.image, 'seo', c.seo, 'no_sponsorship', c.no_sponsorship, 'corrections', c.corrections,
           'related', related_cards_public(c.id, (select at from moment), :config_article_url),
           'excerpt', c.excerpt, 'outline', c.outline,
           'word_count', c.word_count, 'reading_minutes', c.reading_minutes,
           'url', article_url(:config_article_url, c.slug),
           'published_at', rfc3339(p.published_at), 'updated_at', rfc3339(lower(p.during))) as body,
       floor(extract(epoch from lower(p.during)))::bigint as last_modified,
       'article:' || p.article_id || ' slug:' || asked.slug
           || coalesce((select string_agg(' article:' || article_id, '') from article_related where content_id = c.id), '')
           || coalesce((select string_agg(' section:' || section_id, '') from article_sections where content_id = c.id), '')
           || coalesce((select string_agg(' tag:' || tag_id, '') from article_tags where content_id = c.id), '')
           || coalesce((select string_agg(distinct ' author:' || author_id, '') from article_authors where content_id = c.id), '')
           as keys,
       extract(epoch from least(upper(p.during), related_until(c.id, (select at from moment)))
                          - (select at from moment)) as fresh_for
  from article_slugs asked
  join publications p on p.article_id = asked.article_id and not p.past and p.during @> (select at from moment)
  join contents c on c.id = p.content_id
 where asked.slug = :path_slug
   and (c.slug = asked.slug
        or exists (select from publications before join article_contents was on was.id = before.content_id
                    where before.article_id = asked.article_id and was.slug = asked.slug
                      and lower(before.during) <= (select at from moment)))
