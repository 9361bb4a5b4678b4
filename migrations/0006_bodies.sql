-- What is told of a body beside its HTML and text: as Markdown, with its keys apart; its first sentences; its headings.

alter table article_contents
    add column body_markdown text not null default '',
    add column body_keys     text not null default '', -- behind body_markdown, it reads back to the very same blocks
    add column excerpt       text not null default '',
    add column outline       json not null default '[]';

-- What is there already gets what SQL can tell: its text as paragraphs and lists, and the beginning of that.
update article_contents
   set body_markdown = regexp_replace(regexp_replace(body_text, '([\\`*_[\]<~|])', '\\\1', 'g'), '^([#>+=:])', '\\\1', 'gn'),
       excerpt = left(regexp_replace(split_part(body_text, E'\n\n', 1), '\s+', ' ', 'g'), 300);

alter table article_contents
    alter column body_markdown drop default,
    alter column body_keys drop default,
    alter column excerpt drop default,
    alter column outline drop default;

-- A view has the columns of the day on which it was made.
drop view contents;
create view contents as
select c.*,
       (select coalesce(json_agg(json_build_object('id', s.id, 'slug', s.slug, 'name', s.name) order by x.position), '[]')
          from article_sections x join sections s on s.id = x.section_id
         where x.content_id = c.id) as sections,
       (select coalesce(json_agg(json_build_object('id', t.id, 'slug', t.slug, 'name', t.name, 'kind', t.kind)
                                 order by x.position), '[]')
          from article_tags x join tags t on t.id = x.tag_id
         where x.content_id = c.id) as tags,
       (select coalesce(json_agg(json_build_object('id', w.id, 'slug', w.slug, 'name', w.name, 'role', x.role)
                                 order by x.position), '[]')
          from article_authors x join authors w on w.id = x.author_id
         where x.content_id = c.id) as authors,
       (select coalesce(json_agg(json_build_object('id', w.id, 'slug', w.slug, 'name', w.name, 'role', x.role,
                                                   'bio', coalesce(x.bio, w.bio)) order by x.position), '[]')
          from article_authors x join authors w on w.id = x.author_id
         where x.content_id = c.id) as authors_with_bios
  from article_contents c;
