-- publish_article, unpublish_article: ends what readers see of an article at the moment of its last act, and drops what was
-- to come. A range that has ended by itself keeps its end.
with closed as (
    update publications p
       set during = tstzrange(lower(p.during), least(upper(p.during), a.updated_at)), past = true
      from articles a
     where a.id = :id::uuid and a.updated_at >= now()
       and p.article_id = a.id and not p.past and lower(p.during) < a.updated_at
)
delete from publications p
 using articles a
 where a.id = :id::uuid and a.updated_at >= now()
   and p.article_id = a.id and not p.past and lower(p.during) >= a.updated_at
