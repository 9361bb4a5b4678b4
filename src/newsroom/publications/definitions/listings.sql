-- Publications keep their language, and public_listings keep themselves: what readers find an article under.

-- What readers get is listed by what it is filed under, so that stays meanwhile.
create function publications_hold_references() returns trigger language plpgsql as $$
begin
    perform references_lock_shared();
    return null;
end $$;

create or replace trigger publications_hold_references before insert or update on publications
    for each statement execute function publications_hold_references();

create function publication_lang() returns trigger language plpgsql as $$
begin
    select lang into new.lang from article_contents where id = new.content_id;
    return new;
end $$;

create or replace trigger publication_lang before insert or update on publications
    for each row execute function publication_lang();

-- The ids that a content is listed under: of its sections and those above them, its tags, and its authors.
create function listing_keys(content bigint) returns setof uuid language sql stable as $$
    with recursive filed as (
        select section_id as id from article_sections where content_id = content
        union
        select s.parent_id from filed f join sections s on s.id = f.id where s.parent_id is not null
    )
    select id from filed
    union select tag_id from article_tags where content_id = content
    union select author_id from article_authors where content_id = content
$$;

create function public_listings_refresh(publication publications) returns void language plpgsql as $$
begin
    delete from public_listings where publication_id = publication.id;
    insert into public_listings (key, published_at, article_id, publication_id)
    select key, publication.published_at, publication.article_id, publication.id
      from listing_keys(publication.content_id) key
     where not publication.past;
end $$;

create function public_listings_follow_publication() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' or (new.content_id, new.published_at, new.past) <> (old.content_id, old.published_at, old.past) then
        perform public_listings_refresh(new);
    end if;
    return null;
end $$;

create or replace trigger public_listings_follow_publication after insert or update on publications
    for each row execute function public_listings_follow_publication();

-- A section that moves takes its articles along: out of the lists of what was above it, into those of what is.
create function public_listings_follow_section() returns trigger language plpgsql as $$
begin
    if old.parent_id is distinct from new.parent_id then
        perform public_listings_refresh(p)
           from publications p
          where p.id in (select publication_id from public_listings where key = new.id);
    end if;
    return null;
end $$;

create or replace trigger public_listings_follow_section after update on sections
    for each row execute function public_listings_follow_section();

-- What is filed otherwise after it was published (a tag that was merged into another) is found otherwise.
create function public_listings_follow_references() returns trigger language plpgsql as $$
begin
    perform public_listings_refresh(p)
       from publications p
      where p.content_id in (select content_id from old_rows) and not p.past;
    return null;
end $$;

create or replace trigger public_listings_follow_update after update on article_sections referencing old table as old_rows
    for each statement execute function public_listings_follow_references();
create or replace trigger public_listings_follow_update after update on article_tags referencing old table as old_rows
    for each statement execute function public_listings_follow_references();
create or replace trigger public_listings_follow_update after update on article_authors referencing old table as old_rows
    for each statement execute function public_listings_follow_references();
create or replace trigger public_listings_follow_delete after delete on article_sections referencing old table as old_rows
    for each statement execute function public_listings_follow_references();
create or replace trigger public_listings_follow_delete after delete on article_tags referencing old table as old_rows
    for each statement execute function public_listings_follow_references();
create or replace trigger public_listings_follow_delete after delete on article_authors referencing old table as old_rows
    for each statement execute function public_listings_follow_references();
