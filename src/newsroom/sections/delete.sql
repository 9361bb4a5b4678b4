-- delete_section: refused where it is in use, unless another replaces it. Indexes article_sections_of_section,
-- sections_of_parent, account_sections_of_section.
select filing_delete(kind => 'sections', thing => :id::uuid, replace_with => :query_replace_with,
                     operation => :operation_id, address => :peer, request_id => :request_id)
