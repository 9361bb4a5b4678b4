-- publish_article: whoever may publish may also submit and approve, so a draft goes that way, each step a version of its
-- own. Where readers see this very text already nothing is done, and publications/close and publications/open, which
-- move the ranges, find no act of this transaction.
select article_transition(a.id, step.act)
  from articles a,
       unnest(case a.status when 'draft' then array['submit', 'approve', 'publish']
                            when 'in_review' then array['approve', 'publish']
                            else array['publish'] end) step (act)
 where a.id = :id::uuid
   and not exists (select from publications p
                    where p.article_id = a.id and p.content_id = a.content_id and not p.past
                      and p.during @> clock_timestamp() and upper_inf(p.during))
