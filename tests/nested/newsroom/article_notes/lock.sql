-- Before every change of a note: its lock, and a refusal of who does not know its version. Primary key.
select lock_version('article_notes', 'note', (select id from article_notes where id = :id::uuid and article_id = :path_id::uuid),
                    :if_match::integer[])
