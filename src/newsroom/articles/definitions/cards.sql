-- What readers' lists show of articles.

-- Seconds until something opens or closes to readers, of anything; null where nothing is to come.
create function delivery_fresh_for(moment timestamptz) returns double precision language plpgsql stable as $$
begin
    return (select extract(epoch from min(next.at) - moment)
              from ((select lower(during) as at from publications
                      where not past and lower(during) > moment order by 1 limit 1)
                    union all
                    (select upper(during) from publications
                      where not past and not upper_inf(during) and upper(during) > moment order by 1 limit 1)) next);
end $$;

-- Articles as readers' lists show them, in the order of these publications, with what `include` asks for beside it.
create function article_cards(shown bigint[], moment timestamptz, url_template text, include text[] default null)
returns table (cards text) language plpgsql stable rows 1 as $$
begin
    return query
    select '[' || coalesce(string_agg('{' || concat_ws(', ', json_members(p.state), json_members(p.card),
               case when 'related' = any (include)
                    then '"related": ' || related_cards_public(p.content_id, moment, url_template)::text end,
               case when 'body' = any (include) then p.body end) || '}', ', ' order by page.number), '') || ']'
      from unnest(shown) with ordinality page (id, number)
      join public_articles(url_template, 'author_bios' = any (include), 'blocks') p on p.publication_id = page.id;
end $$;

-- The newest articles under a section (with those below it), tag or author, for its page, where `include` asks for them;
-- else a row of nulls. `fresh_for` in seconds.
create function newest_articles(include text[], kind text, thing uuid, url_template text)
returns table (cards text, fresh_for double precision, keys text) language plpgsql stable rows 1 as $$
declare
    filter delivery_filter;
begin
    if 'articles' = any (include) then
        filter.moment := clock_timestamp();
        filter.sections := case when kind = 'sections' then array[thing] end;
        filter.tags := case when kind = 'tags' then array[thing] end;
        filter.authors := case when kind = 'authors' then array[thing] end;
        return query
        select c.cards, delivery_fresh_for(filter.moment), ' list:articles'
          from article_cards(array(select p.publication_id
                                     from delivery_page(filter => filter, oldest_first => false, after_at => null,
                                                        after_id => null, wanted => 20) p
                                    limit 20),
                             filter.moment, url_template) c;
    else
        return query values (null::text, null::double precision, '');
    end if;
end $$;
