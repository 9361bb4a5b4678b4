-- Gives an article a slug: the one that was `wanted`, or a refusal; else the one that was `made` from its title, with the
-- first free number behind it. Others who claim at the same moment are waited for, and then the next number is tried.
create function claim_slug(article uuid, wanted text, made text) returns void language plpgsql as $$
declare
    number integer := 1;
begin
    if wanted is not null then
        insert into article_slugs (slug, article_id) values (wanted, article) on conflict do nothing;
        if not exists (select from article_slugs where slug = wanted and article_id = article) then
            perform refuse('MB409', format('The slug %s belongs to another article.', wanted),
                           error_at('/slug', format('%s is taken; choose another.', wanted)));
        end if;
        return;
    end if;
    loop
        insert into article_slugs (slug, article_id) values (slug_candidate(made, number), article)
            on conflict do nothing;
        exit when found;
        -- The first free number after it, in one look, so that the hundredth of a name costs no hundred tries.
        select coalesce(min(free), number + 1) into number
          from (select number + 1 as free
                union all
                select substring(slug from length(made) + 2)::integer + 1
                  from article_slugs
                 where slug > made || '-' and slug < made || '.'
                   and substring(slug from length(made) + 2) ~ '^[1-9][0-9]{0,5}$') numbers
         where free > number and not exists (select from article_slugs where slug = slug_candidate(made, free));
    end loop;
end $$;
