-- merge_tag, the answer: the tag that is left. Primary key.
select tag_document(id) as body, version,
       'tag:' || id || ' tag:' || :id || ' list:tags' as keys
  from tags
 where id = filing_resolve('tags', reference_word(:body::json -> 'into'))
