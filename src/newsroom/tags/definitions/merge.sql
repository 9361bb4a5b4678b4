-- merge_tag: what the caller named is another tag. A function, since it looks for that after it has the lock: a statement
-- looks at what was there before it began.
create function tag_merge(tag uuid, reference json, operation text, address text, request_id text) returns void
language plpgsql as $$
declare
    replacement uuid;
begin
    perform references_lock_exclusive();
    perform require_reference('tags', reference, '/into');
    replacement := filing_resolve('tags', reference_word(reference));
    perform require(replacement <> tag, 'MB422', 'A tag is merged into another one.',
                    error_at('/into', 'This is the tag itself.'));
    perform filing_merge(kind => 'tags', thing => tag, replacement => replacement, operation => operation,
                         address => address, request_id => request_id);
    perform audit_changed('{into}');
end $$;
