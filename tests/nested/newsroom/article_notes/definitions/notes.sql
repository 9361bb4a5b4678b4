-- Notes of articles.

create or replace trigger next_version before update on article_notes
    for each row execute function next_version();

-- A note as the desk gets it. Its plan is kept: a list asks for one after the other.
create function article_note_document(note uuid) returns json language plpgsql stable as $$
begin
    return (select json_build_object('id', id, 'article', article_id, 'text', text, 'version', version,
                                     'created_at', rfc3339(created_at), 'updated_at', rfc3339(updated_at),
                                     'created_by', account_card(created_by))
              from article_notes
             where id = note);
end $$;
