-- create_article_note: the article is there, may be known of (404), and stays while something is put under it. Primary key.
select require(exists (select from articles where id = :path_id::uuid and caller_may_see(created_by, content_id) for key share),
               'MB404', 'There is no such article.')
