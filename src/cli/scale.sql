-- A large newsroom, for looking at plans and speeds: as many articles as the setting marbre.scale says, over ten years,
-- in sections, tags and authors of which few are common and most are rare. Set-based, and the same each time. Triggers
-- rest meanwhile: what they would write is written here, all at once.
begin;
select setseed(0.42);

create function pg_temp.id_at(at timestamptz, number bigint) returns uuid language sql immutable as $$
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(number % 4096), 3, '0')
            || '8' || lpad(to_hex(number), 15, '0'))::uuid
$$;

create temporary table scale on commit drop as
select current_setting('marbre.scale')::bigint as articles, now() - interval '10 years' as began;

insert into sections (id, slug, name, position, parent_id)
select pg_temp.id_at(began, n), 'rubrique-' || n, 'Rubrique ' || n, n, case when n > 5 then pg_temp.id_at(began, 1 + n % 5) end
  from scale, generate_series(1, 25) n;
insert into tags (id, slug, name, kind)
select pg_temp.id_at(began, 1000 + n), 'mot-' || n, 'Mot ' || n, (array['topic', 'person', 'place', 'organisation'])[1 + n % 4]
  from scale, generate_series(1, 2000) n;
insert into authors (id, slug, name)
select pg_temp.id_at(began, 10000 + n), 'plume-' || n, 'Plume ' || n
  from scale, generate_series(1, 400) n;

create temporary table made on commit drop as
select n, pg_temp.id_at(at, 100000 + n) as id, at,
       1 + floor(25 * random() ^ 2)::integer as section, 1 + floor(25 * random())::integer as other_section,
       1 + floor(2000 * random() ^ 3)::integer as tag, 1 + floor(2000 * random() ^ 3)::integer as other_tag,
       1 + floor(400 * random() ^ 2)::integer as author,
       case when random() < 0.05 then 'en' else 'fr' end as lang
  from (select n, began + (now() - began) * (n::double precision / (articles + 1)) as at
          from scale, generate_series(1, articles) n) moments;

alter table articles disable trigger user;
alter table publications disable trigger user;

insert into articles (id, version, status, act, content_id, created_at, updated_at)
select id, 4, 'published', 'publish', n + coalesce((select max(id) from article_contents), 0), at, at from made;
insert into article_slugs (slug, article_id) select 'article-' || n, id from made;
insert into article_contents (id, article_id, lang, slug, title, standfirst, body, body_html, body_text, body_markdown, body_keys,
                              excerpt, outline, word_count, reading_minutes)
overriding system value
select a.content_id, m.id, m.lang, 'article-' || m.n, 'Le fleuve, le gaz et la carte, récit numéro ' || m.n,
       'Ce que deux pays ont appris d’un fleuve, ' || m.n || ' fois.',
       json_build_array(json_build_object('_type', 'block', '_key', 'a' || m.n, 'style', 'normal', 'markDefs', '[]'::json,
           'children', json_build_array(json_build_object('_type', 'span', '_key', 'b' || m.n, 'text', words, 'marks', '[]'::json)))),
       '<p>' || words || '</p>', words, words, '', left(words, 60), '[]', 120, 1
  from made m join articles a on a.id = m.id,
       repeat('La nuit tombe sur la ville et le fleuve monte encore un peu. ', 10) words;
select setval(pg_get_serial_sequence('article_contents', 'id'), (select max(id) from article_contents));

insert into article_sections (content_id, position, section_id)
select a.content_id, 0, pg_temp.id_at(began, section) from scale, made m join articles a on a.id = m.id
union all
select a.content_id, 1, pg_temp.id_at(began, other_section) from scale, made m join articles a on a.id = m.id
 where n % 3 = 0 and other_section <> section;
insert into article_tags (content_id, position, tag_id)
select a.content_id, 0, pg_temp.id_at(began, 1000 + tag) from scale, made m join articles a on a.id = m.id
union all
select a.content_id, 1, pg_temp.id_at(began, 1000 + other_tag) from scale, made m join articles a on a.id = m.id
 where other_tag <> tag;
insert into article_authors (content_id, position, author_id, role)
select a.content_id, 0, pg_temp.id_at(began, 10000 + author), 'by' from scale, made m join articles a on a.id = m.id;

insert into article_versions (article_id, version, act, status, content_id, changed, at)
select m.id, 4, 'publish', 'published', a.content_id, '{}', m.at from made m join articles a on a.id = m.id;
insert into publications (article_id, content_id, during, published_at, lang)
select m.id, a.content_id, tstzrange(m.at, null), m.at, m.lang from made m join articles a on a.id = m.id;

insert into public_listings (key, published_at, article_id, publication_id)
select distinct filed.key, p.published_at, p.article_id, p.id
  from publications p
  join (select x.content_id, coalesce(over.id, s.id) as key
          from article_sections x join sections s on s.id = x.section_id
          join lateral (select s.id union select s.parent_id) over on over.id is not null
        union all
        select content_id, tag_id from article_tags
        union all
        select content_id, author_id from article_authors) filed on filed.content_id = p.content_id
  join made m on m.id = p.article_id;

set constraints all immediate;
alter table articles enable trigger user;
alter table publications enable trigger user;
commit;
