-- publish_article: whoever may publish may also submit and approve, so a draft goes that way, each step a version of its
-- own. The ranges are closed and opened by publications/close and publications/open.
select article_do_all(:path_id::uuid, case status when 'draft' then array['submit', 'approve', 'publish']
                                                  when 'in_review' then array['approve', 'publish']
                                                  else array['publish'] end)
  from articles
 where id = :path_id::uuid
