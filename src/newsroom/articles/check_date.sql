-- Before publish_article: a date of first publication that has not come yet would be told to readers as if it had. Primary key.
select require(a.date is null or a.date <= clock_timestamp() or article_was_public(a.id), 'MB409',
               format('Its date, %s, has not come yet: publish it then, or change the date.', rfc3339(a.date)), '{}')
  from articles a
 where a.id = :id::uuid
