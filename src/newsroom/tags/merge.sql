-- merge_tag: whatever has the one gets the other. Index article_tags_of_tag.
select tag_merge(:path_id::uuid, :body::json -> 'into', :operation_id, :peer, :request_id)
