-- delete_author: refused where it is in use, unless another replaces it. Indexes article_authors_of_author.
select filing_delete('authors', :path_id::uuid, :query_replace_with, :operation_id, :peer, :request_id)
