-- delete_section: refused where it is in use, unless another replaces it. Indexes article_sections_of_section,
-- sections_of_parent, account_sections_of_section.
select filing_delete('sections', :path_id::uuid, :query_replace_with, :operation_id, :peer, :request_id)
