-- How an inquiry comes in by the form: what is refused, what is marked as likely spam, and what is kept.

-- `S-` and ten characters that nobody mistakes for others: fifty bits.
create function inquiry_reference() returns text language sql volatile as $$
    select 'S-' || string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 1 + get_byte(bytes, n) % 32, 1)
                              || case n when 4 then '-' else '' end, '' order by n)
      from (select uuid_send(gen_random_uuid()) as bytes) random,
           unnest(array[0, 1, 2, 3, 4, 9, 10, 11, 12, 13]) n
$$;

-- An article that readers see now, by its slug or id, with the section that it is first filed under.
create function inquiry_article(word text, out id uuid, out slug text, out title text, out section uuid)
language plpgsql stable as $$
begin
    select p.article_id, c.slug, c.title,
           (select s.section_id from article_sections s where s.content_id = c.id order by s.position limit 1)
      into id, slug, title, section
      from publications p
      join article_contents c on c.id = p.content_id
     where p.article_id = coalesce((select a.article_id from article_slugs a where a.slug = word), as_uuid(word))
       and not p.past and p.during @> clock_timestamp();
end $$;

-- So many in so many seconds, as the configuration writes it: `5/86400`. Of 0 there is no limit.
create function limit_reached(rate text, happened bigint) returns boolean language sql immutable as $$
    select split_part(rate, '/', 1)::bigint > 0 and happened >= split_part(rate, '/', 1)::bigint
$$;

create function limit_since(rate text) returns timestamptz language sql stable as $$
    select now() - split_part(rate, '/', 2)::integer * interval '1 second'
$$;

-- Why an inquiry is looked at before anybody answers it. None of this loses it. Nothing is counted further than it matters,
-- so that the thousandth of a burst costs what the first did. `confusable`: its address looks like another's domain.
create function inquiry_flags(body json, mailbox text, confusable boolean, from_network text, per_network text, burst text)
returns text[] language plpgsql stable as $$
declare
    words text := body ->> 'message';
    lines text := concat_ws(' ', body ->> 'name', body ->> 'company', body ->> 'phone', body ->> 'budget');
    most bigint := split_part(burst, '/', 1);
    most_of_network bigint := split_part(per_network, '/', 1);
    burst_since timestamptz := limit_since(burst);
    network_since timestamptz := limit_since(per_network);
begin
    return array_remove(array[
        case when confusable then 'lookalike_domain' end,
        case when body::text ~* '<\s*/?\s*[a-z!]|\[/?(url|link)\M' then 'markup' end,
        case when lines ~* '(https?:|www\.|\.[a-z]{2,}/)' then 'link_in_field' end,
        case when exists (select from sponsorship_inquiries i
                           where hashtextextended(i.message, 0) = hashtextextended(words, 0)
                             and i.message = words and i.mailbox <> inquiry_flags.mailbox
                             and i.created_at > now() - interval '1 day') then 'same_text' end,
        case when most_of_network > 0 and (
                      select count(*) from (select from sponsorship_inquiries i
                                             where i.network_hash = from_network and i.created_at > network_since
                                             limit most_of_network) of_network) = most_of_network then 'same_network' end,
        case when most > 0 and (
                      select count(*) from (select from sponsorship_inquiries i
                                             where i.created_at > burst_since limit most) all_of_them) = most then 'burst' end], null);
end $$;

-- Refuses what a person can mend: too many links,
create function inquiry_require_links(message text, most integer, language text) returns void language plpgsql as $$
declare
    links integer := regexp_count(message, '(https?://|www\.)', 1, 'i');
    fault text := in_language(language, format('Un message a au plus %s liens, celui-ci en a %s.', most, links),
                              format('A message has at most %s links; this has %s.', most, links));
begin
    perform require(links <= most, 'MB422', fault, error_at('/message', fault));
end $$;

-- a form that was sent before,
create function inquiry_use_token(nonce text, shown_at timestamptz, seconds integer, language text) returns void
language plpgsql as $$
declare
    fault text := in_language(language, 'Ce formulaire a déjà été envoyé. Rechargez-le.',
                              'This form has been sent already: load it again.');
begin
    insert into used_form_tokens values (nonce, shown_at + (seconds + 60) * interval '1 second') on conflict do nothing;
    perform require(found, 'MB422', fault, error_at('/form_token', fault));
end $$;

-- or what they can wait for: too many inquiries from one mailbox.
create function inquiry_require_rate(same_mailbox text, per_email text, language text) returns void language plpgsql as $$
declare
    earlier record;
begin
    select count(*) as number, min(created_at) as first_at into earlier
      from sponsorship_inquiries
     where mailbox = same_mailbox and created_at > limit_since(per_email);
    if limit_reached(per_email, earlier.number) then
        perform refuse('MB429', in_language(language, 'Cette adresse e-mail a déjà envoyé plusieurs demandes. Réessayez plus tard.',
                                            'This e-mail address has sent several inquiries already: try again later.'),
                       json_build_object('retry_after', greatest(1, ceil(extract(epoch from
                           earlier.first_at - limit_since(per_email)))::integer)));
    end if;
end $$;

-- The reference of the same words from the same person within a day.
create function inquiry_repeated(body json, same_mailbox text) returns text language plpgsql stable as $$
begin
    return (select reference
              from sponsorship_inquiries
             where mailbox = same_mailbox and created_at > now() - interval '1 day'
               and (name, message, kind) = (body ->> 'name', body ->> 'message', body ->> 'kind')
               and (company, phone, budget) is not distinct from (body ->> 'company', body ->> 'phone', body ->> 'budget')
             order by created_at
             limit 1);
end $$;

-- send_sponsorship_inquiry: answers the reference that the sender can quote. Whoever fell into the trap gets one, too, and
-- nothing is kept. Whoever sends the same again gets the same reference, whatever has become of the token. A function, since
-- each step looks at what is there after the lock, and may be the last.
create function inquiry_receive(new_id uuid, body json, mailbox text, mailbox_hash text, confusable boolean, nonce text,
                                shown_at timestamptz, token_seconds integer, from_network text, language text,
                                per_email text, per_network text, burst text, links integer) returns text
language plpgsql as $$
declare
    given_before text;
    article record;
    section uuid := filing_resolve('sections', body ->> 'section');
    marks text[];
    made text := inquiry_reference();
begin
    if body ->> 'website' <> '' then
        return made;
    end if;
    perform inquiry_require_links(body ->> 'message', links, language);
    perform pg_advisory_xact_lock(hashtextextended('marbre.inquiry ' || mailbox, 0)); -- of many at once the others find the first
    given_before := inquiry_repeated(body, mailbox);
    if given_before is not null then
        return given_before;
    end if;
    perform inquiry_use_token(nonce => nonce, shown_at => shown_at, seconds => token_seconds, language => language);
    perform inquiry_require_rate(mailbox, per_email, language);
    marks := inquiry_flags(body => body, mailbox => mailbox, confusable => confusable, from_network => from_network,
                           per_network => per_network, burst => burst);
    select * into article from inquiry_article(body ->> 'article');
    insert into sponsorship_inquiries (id, reference, status, kind, name, email, mailbox, mailbox_hash, company, phone, budget,
                                       message, network_hash, locale, consent_version, article_id, article_slug,
                                       article_title, section_id, flags)
    select new_id, made, case marks when '{}' then 'new' else 'spam' end, body ->> 'kind', body ->> 'name', body ->> 'email',
           mailbox, mailbox_hash, body ->> 'company', body ->> 'phone', body ->> 'budget', body ->> 'message', from_network,
           coalesce(body ->> 'locale', language),
           coalesce((select max(version) from consent_texts where created_at <= shown_at), 1),
           article.id, article.slug, article.title, coalesce(section, article.section), marks;
    insert into sponsorship_events (inquiry_id, act, status) values (new_id, 'received', case marks when '{}' then 'new' else 'spam' end);
    return made;
end $$;
