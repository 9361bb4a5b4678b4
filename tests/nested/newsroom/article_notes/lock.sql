-- Before every change of a note: its lock, and a refusal of who does not know its version. Primary key.
select lock_version(kind => 'article_notes', noun => 'note', expected => :if_match::integer[],
                    thing => (select id from article_notes where id = :id::uuid and article_id = :path_id::uuid))
