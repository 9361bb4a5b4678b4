-- delete_tag: refused where it is in use, unless another replaces it. Indexes article_tags_of_tag.
select filing_delete(kind => 'tags', thing => :id::uuid, replace_with => :query_replace_with,
                     operation => :operation_id, address => :peer, request_id => :request_id)
