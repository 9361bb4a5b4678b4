-- The date of an article's first publication, where that was before it came here, or is not the moment at which it is published.
-- `publish` uses it once; after that publications.published_at says what readers are told.
alter table articles add column date timestamptz;
