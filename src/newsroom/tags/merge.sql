-- merge_tag: whatever has the one gets the other. Index article_tags_of_tag.
select tag_merge(tag => :id::uuid, reference => :body::json -> 'into',
                 operation => :operation_id, address => :peer, request_id => :request_id)
