-- read_article: what readers see under a slug now. An older slug of the article answers with its present address; one
-- that readers have not seen yet answers nothing. The moment is read after the snapshot was taken, or a range that opened
-- in between would be missing beside the one that it closed. Keys article_slugs_pkey and publications_of_article.
with moment as materialized (
    select clock_timestamp() as at
)
select case when p.slug = asked.slug then 200 else 308 end as status,
       case when p.slug <> asked.slug
            then '/v1/articles/' || p.slug || case :query_body when 'blocks' then '' else '?body=' || :query_body end
       end as location,
       '{' || concat_ws(', ', json_members(p.state), json_members(p.card), json_members(p.details),
           '"related": ' || related_cards_public(p.content_id, (select at from moment), :config_article_url)::text,
           p.body) || '}' as body,
       'article:' || p.article_id || ' slug:' || asked.slug
           || coalesce((select string_agg(' article:' || article_id, '') from article_related where content_id = p.content_id), '')
           || coalesce((select string_agg(' section:' || section_id, '') from article_sections where content_id = p.content_id), '')
           || coalesce((select string_agg(' tag:' || tag_id, '') from article_tags where content_id = p.content_id), '')
           || coalesce((select string_agg(distinct ' author:' || author_id, '') from article_authors
                         where content_id = p.content_id), '')
           as keys,
       extract(epoch from least(upper(p.during), related_until(p.content_id, (select at from moment)))
                          - (select at from moment)) as fresh_for
  from article_slugs asked
  join public_articles(:config_article_url, true, :query_body) p
    on p.article_id = asked.article_id and not p.past and p.during @> (select at from moment)
 where asked.slug = :path_slug
   and (p.slug = asked.slug
        or exists (select from publications before join article_contents was on was.id = before.content_id
                    where before.article_id = asked.article_id and was.slug = asked.slug
                      and lower(before.during) <= (select at from moment)))
