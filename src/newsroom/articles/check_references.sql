-- create_article and patch_article: every reference of the body that leads nowhere, comes twice, or to the article itself; what
-- an image lacks that was given in part, and another date than the one that readers were told. All of it in one refusal. What
-- the body names was locked before. Keys on id and slug.
with related as (
    select r.*, reference_word(reference) as word
      from resolve_related(:id::uuid, :body::json -> 'related') r
), faults as (
    select * from reference_faults(:body::json)
    union all
    select format('/related/%s', position),
           case when word is null then 'A reference has an id or a slug.'
                when id is null then format('There is no article %s.', to_json(word))
                when id = :id::uuid then 'An article does not go with itself.'
                else format('%s comes twice.', to_json(word)) end
      from related
     where id is null or id = :id::uuid
        or exists (select from related before where before.id = related.id and before.position < related.position)
    union all
    select '/assignee', format('There is nobody %s whom an article could be given to.',
                               to_json(reference_word(:body::json -> 'assignee')))
     where json_typeof(:body::json -> 'assignee') <> 'null'
       and resolve_assignee(:id::uuid, :body::json -> 'assignee') is null
    union all
    select '/date', format('Readers first saw it at %s, and that stays.', rfc3339(article_published_at(a.id)))
      from articles a
     where a.id = :id::uuid and :body::json -> 'date' is not null and article_was_public(a.id)
       and date_trunc('milliseconds', (:body::json ->> 'date')::timestamptz) is distinct from a.date
       and date_trunc('milliseconds', (:body::json ->> 'date')::timestamptz)
           is distinct from date_trunc('milliseconds', article_published_at(a.id))
    union all
    select '/image/' || member, 'This member is required: the article has no image yet.'
      from (select article_image_patched(:body::json -> 'image', (select c.image
                                                                    from articles a join article_contents c on c.id = a.content_id
                                                                   where a.id = :id::uuid)) as image) becomes,
           unnest(array['url', 'alt']) member
     where image is not null and image ->> member is null
)
select require(count(*) = 0, 'MB422', 'Some members cannot be taken: references that lead nowhere or come twice, or an image'
                                   ' without its address.',
               json_build_object('errors', json_agg(faults)))
  from faults
