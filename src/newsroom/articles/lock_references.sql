-- create_article: what the body names stays until the article names it. The statement after this one looks for it.
select references_lock_shared()
