-- delete_tag: refused where it is in use, unless another replaces it. Indexes article_tags_of_tag.
select filing_delete('tags', :path_id::uuid, :query_replace_with, :operation_id, :peer, :request_id)
