create function consent_text_document(consent uuid) returns json language plpgsql stable as $$
begin
    return (select json_build_object('id', id, 'version', version, 'text', text, 'created_at', rfc3339(created_at),
                                     'created_by', account_card(created_by))
              from consent_texts
             where id = consent);
end $$;
