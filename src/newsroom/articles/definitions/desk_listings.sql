-- desk_listings keep themselves: working copies under each section and author that they name.

create function desk_listings_refresh(article uuid) returns void language plpgsql as $$
begin
    delete from desk_listings where article_id = article;
    insert into desk_listings (thing_id, status, updated_at, article_id)
    select thing.id, a.status, a.updated_at, a.id
      from articles a,
           lateral (select section_id from article_sections where content_id = a.content_id
                    union
                    select author_id from article_authors where content_id = a.content_id) thing (id)
     where a.id = article;
end $$;

create function desk_listings_follow_article() returns trigger language plpgsql as $$
begin
    perform desk_listings_refresh(new.id);
    return null;
end $$;

create or replace trigger desk_listings_follow_article after insert or update on articles
    for each row execute function desk_listings_follow_article();

-- A content is filed before it becomes a working copy; what changes after that, as when two sections become one, counts.
create function desk_listings_follow_references() returns trigger language plpgsql as $$
begin
    perform desk_listings_refresh(a.id)
       from article_contents c join articles a on a.id = c.article_id and a.content_id = c.id
      where c.id = case tg_op when 'DELETE' then old.content_id else new.content_id end;
    return null;
end $$;

create or replace trigger desk_listings_follow_references after insert or update or delete on article_sections
    for each row execute function desk_listings_follow_references();
create or replace trigger desk_listings_follow_references after insert or update or delete on article_authors
    for each row execute function desk_listings_follow_references();
