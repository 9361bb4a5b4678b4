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

-- The view `contents` sees them once 0008 makes it anew.
