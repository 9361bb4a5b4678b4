-- patch_article, before the answer: an editor of some sections does not file a story out of their own sight.
select require_still_seen(:path_id::uuid)
