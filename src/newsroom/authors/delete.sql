-- delete_author: refused where it is in use, unless another replaces it. Indexes article_authors_of_author.
select filing_delete(kind => 'authors', thing => :id::uuid, replace_with => :query_replace_with,
                     operation => :operation_id, address => :peer, request_id => :request_id)
