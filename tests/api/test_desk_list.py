"""The desk's list: what narrows it, in which order, page by page; and that it reads no more than it answers."""
import itertools
import json
import re
import urllib.parse
import uuid

import pytest

numbers = itertools.count(1)


def pointers(reply):
    return sorted(fault["pointer"] for fault in reply.json()["errors"])


def listed(client, expect=200, **query):
    reply = client.get("/v1/desk/articles?" + urllib.parse.urlencode(query, doseq=True), expect)
    return reply if expect != 200 else reply.json()


def ids(page):
    return [card["id"] for card in page["data"]]


def walk(client, limit, **query):
    """Every id of a list, page by page; no page but the last is short."""
    found, cursor = [], {}
    while True:
        page = listed(client, limit=limit, **query, **cursor)
        found += ids(page)
        if not page["next"]:
            return found
        assert len(page["data"]) == limit
        cursor = {"cursor": page["next"]}


class Room:
    """A section, an author and people of this file's own, and articles of each kind, oldest change first."""

    def __init__(self, server, chief, admin):
        self.number = next(numbers)
        self.chief = chief
        self.section = chief.make("sections", name=f"Salle {self.number}")
        self.below = chief.make("sections", name=f"Sous-salle {self.number}")
        server.sql(f"update sections set parent_id = '{self.section['id']}' where id = '{self.below['id']}'")
        self.elsewhere = chief.make("sections", name=f"Ailleurs {self.number}")
        self.author = chief.make("authors", name=f"Plume {self.number}")
        self.writer, self.other, self.editor = (server.make_account(f"{role}-{uuid.uuid4()}@salle.test", role)
                                                for role in ("contributor", "contributor", "editor"))
        admin.patch(f"/v1/desk/accounts/{self.editor.account['id']}", {"sections": [self.section["slug"]]}, 1, 200)
        self.made = []

    def article(self, client, *steps, **fields):
        article = client.make_article(title=fields.pop("title", f"Salle {self.number} article {next(numbers)}"), **fields)
        for step in steps:
            article = self.chief.act(article, step)
        self.made.append(article)
        return article["id"]


@pytest.fixture(scope="module")
def room(server, chief, admin):
    room = Room(server, chief, admin)
    own, below, elsewhere = room.section["slug"], room.below["slug"], room.elsewhere["slug"]
    room.draft = room.article(room.writer, sections=[own], authors=[room.author["slug"]])
    room.review = room.article(room.writer, "submit", sections=[below])
    room.approved = room.article(room.other, "submit", "approve", sections=[own, below])
    room.published = room.article(room.other, "publish", sections=[elsewhere], authors=[room.author["slug"]])
    room.away = room.article(room.editor, "publish", "unpublish", sections=[own])
    room.mine = room.article(room.editor, title="Œuvre à l’Été 100% d’_art", sections=[])
    room.last = room.article(chief, sections=[below], assignee=room.editor.account["id"])
    room.all = [room.draft, room.review, room.approved, room.published, room.away, room.mine, room.last]
    return room


def test_several_statuses_are_any_of_them(room, chief):
    def by(*statuses):
        return listed(chief, status=statuses, section=room.section["slug"])

    assert ids(by("draft")) == [room.last, room.draft] and ids(by("in_review", "approved")) == [room.approved, room.review]
    assert ids(by("draft", "in_review", "approved", "published", "unpublished")) == ids(listed(chief, section=room.section["slug"]))
    assert ids(by("draft", "draft")) == ids(by("draft"))


def test_what_is_no_status_is_told_under_the_parameter(chief):
    problem = listed(chief, 400, status=["draft", "written", "in_review"])
    assert pointers(problem) == ["?status"] and "written" in problem.json()["errors"][0]["detail"]
    assert pointers(listed(chief, 400, status=["x", "y"])) == ["?status", "?status"]
    assert pointers(listed(chief, 400, status="draft,in_review")) == ["?status"]
    assert pointers(listed(chief, 400, status=["draft"] * 11)) == ["?status"]
    assert pointers(listed(chief, 400, status="")) == ["?status"]
    assert pointers(listed(chief, 400, sort=["updated", "-updated"])) == ["?sort"], "what is no list comes once"


def test_a_section_is_listed_with_those_below_it(room, chief):
    assert ids(listed(chief, section=room.section["slug"])) == [room.last, room.away, room.approved, room.review, room.draft]
    assert ids(listed(chief, section=room.below["slug"])) == [room.last, room.approved, room.review]
    assert ids(listed(chief, section="il-n-y-en-a-pas")) == []


def test_filters_are_put_together(room, chief):
    section, author = room.section["slug"], room.author["slug"]
    assert ids(listed(chief, author=author)) == [room.published, room.draft]
    assert ids(listed(chief, author=author, section=section)) == [room.draft]
    assert ids(listed(chief, author=author, status=["published", "approved"])) == [room.published]
    assert ids(listed(chief, author="personne")) == []
    editor = room.editor.account["id"]
    assert ids(listed(chief, assignee=editor)) == [room.last] == ids(listed(chief, assignee=editor.upper(), section=section))
    assert ids(listed(chief, assignee=editor, status="published")) == []
    assert ids(listed(room.editor, mine="true")) == [room.mine, room.away]
    assert ids(listed(room.editor, mine="true", section=section)) == [room.away]
    assert room.last in ids(listed(room.editor, mine="false"))


def test_words_of_a_title_are_found_without_case_accents_or_order(room, chief):
    for words in ("œuvre", "OEUVRE", "oeuvre", "ete", "l'ete", "l’ÉTÉ", "ete oeuvre", "vre 100%", "d'_art", "été\tœuv"):
        assert room.mine in ids(listed(chief, q=words, mine="false")), words
    for words in ("oeuvre hiver", "1000%", "100_", "d'%art", "\\"):
        assert room.mine not in ids(listed(chief, q=words, limit=100)), words
    found = listed(chief, q=f"salle {room.number} article", section=room.section["slug"], status="draft")
    assert ids(found) == [room.last, room.draft]
    assert ids(listed(room.writer, q=f"salle {room.number} article")) == [room.review, room.draft]
    assert ids(listed(room.editor, q=f"salle {room.number} article")) == [room.last, room.away, room.approved, room.review, room.draft]


def test_an_old_title_is_not_found(chief):
    article = chief.make_article(title="Le chrysanthème fané")
    chief.save(article, title="La pivoine")
    assert article["id"] not in ids(listed(chief, q="chrysanthème")) and article["id"] in ids(listed(chief, q="pivoine"))


def test_a_span_of_time_begins_at_its_first_moment_and_ends_before_its_last(room, chief):
    section = room.section["slug"]
    times = {card["id"]: card["updated_at"] for card in listed(chief, section=section)["data"]}
    assert ids(listed(chief, section=section, updated_since=times[room.away])) == [room.last, room.away]
    assert ids(listed(chief, section=section, updated_until=times[room.review])) == [room.draft]
    since, until = times[room.review], times[room.away]
    assert ids(listed(chief, section=section, updated_since=since, updated_until=until)) == [room.approved, room.review]
    assert pointers(listed(chief, 400, updated_since="hier")) == ["?updated_since"]


@pytest.mark.parametrize("query", [{}, {"status": ["draft", "approved"]}, {"section": True}, {"author": True}, {"mine": "true"},
                                   {"q": "salle article"}, {"section": True, "q": "salle", "status": ["draft", "in_review"]},
                                   {"updated_since": "2020-01-01T00:00:00Z"}])
@pytest.mark.parametrize("who", ["chief", "editor", "writer"])
def test_pages_together_are_the_whole_list_in_either_order(room, who, query):
    client = getattr(room, who)
    query = {name: getattr(room, name)["slug"] if value is True else value for name, value in query.items()}
    if who == "chief":  # who sees what all the other stories made
        query["updated_since"] = room.made[0]["created_at"]
    whole = ids(listed(client, limit=100, **query))
    assert walk(client, 1, **query) == walk(client, 2, **query) == whole
    assert walk(client, 2, sort="updated", **query) == whole[::-1] == walk(client, 100, sort="updated", **query)
    assert len(set(whole)) == len(whole)


def test_a_cursor_is_good_with_the_filters_that_made_it_only(room, chief):
    query = {"section": room.section["slug"], "status": ["draft", "in_review"], "limit": 1}
    cursor = listed(chief, **query)["next"]
    assert ids(listed(chief, cursor=cursor, **query)) == [room.review] or ids(listed(chief, cursor=cursor, **query)) == [room.draft]
    for other in ({"status": ["draft"]}, {"status": ["in_review", "draft"]}, {"section": room.below["slug"]}, {"sort": "updated"},
                  {"q": "salle"}, {"mine": "true"}, {"author": room.author["slug"]}):
        assert pointers(listed(chief, 400, cursor=cursor, **{**query, **other})) == ["?cursor"], other
    assert 'status=draft&status=in_review' in chief.get(
        "/v1/desk/articles?" + urllib.parse.urlencode(query, doseq=True), 200).headers["Link"]


def test_each_sees_what_is_theirs(room):
    assert ids(listed(room.writer)) == [room.review, room.draft]
    assert ids(listed(room.writer, section=room.below["slug"])) == [room.review]
    assert ids(listed(room.writer, author=room.author["slug"])) == [room.draft]
    assert ids(listed(room.editor)) == [room.last, room.mine, room.away, room.approved, room.review, room.draft]
    assert ids(listed(room.editor, author=room.author["slug"])) == [room.draft]
    assert ids(listed(room.editor, section=room.elsewhere["slug"])) == []
    assert ids(listed(room.editor, status="draft")) == [room.last, room.mine, room.draft]
    assert ids(listed(room.other, assignee=room.editor.account["id"])) == []


def test_the_list_follows_what_an_article_is_filed_under(server, room, chief):
    article = room.editor.make_article(sections=[room.section["slug"]])
    assert article["id"] in ids(listed(chief, section=room.section["slug"]))
    moved = chief.save(article, sections=[room.elsewhere["slug"]], authors=[room.author["slug"]])
    assert article["id"] not in ids(listed(chief, section=room.section["slug"]))
    assert article["id"] in ids(listed(chief, section=room.elsewhere["slug"])) and article["id"] in ids(
        listed(chief, author=room.author["slug"]))
    server.sql(f"update article_sections set section_id = '{room.below['id']}' where section_id = '{room.elsewhere['id']}'"
               f" and content_id in (select id from article_contents where article_id = '{article['id']}')")
    assert article["id"] in ids(listed(chief, section=room.below["slug"])), "as when two sections become one"
    chief.request("DELETE", f"/v1/desk/articles/{article['id']}", 204, headers={"If-Match": f'"v{moved["version"]}"'})
    assert article["id"] not in ids(listed(chief, section=room.below["slug"]))


# ---------------------------------------------------------------------------------------------------- what it reads

@pytest.fixture(scope="module")
def archive(server, room):
    """Twenty thousand articles of somebody else's, in a database of their own."""
    server.new_database("archive", migrated=True)
    own, big = room.section["id"], str(uuid.uuid4())
    server.sql(f"""
        insert into accounts (id, email, name, role) values
            ('{room.writer.account["id"]}', 'w@x.test', 'W', 'contributor'), ('{room.editor.account["id"]}', 'e@x.test', 'E', 'editor'),
            ('{big}', 'b@x.test', 'B', 'chief');
        insert into sections (id, slug, name) values ('{own}', 'rare', 'Rare'), ('{big}', 'big', 'Big');
        insert into authors (id, slug, name) values ('{own}', 'rare', 'Rare'), ('{big}', 'big', 'Big');
        insert into account_sections values ('{room.editor.account["id"]}', '{own}', 0);
        set session_replication_role = replica; -- without triggers and foreign keys, which would take a minute
        begin;
        create temp table made on commit drop as
            select gen_random_uuid() as id, n, case when n % 4000 = 0 then '{own}' else '{big}' end::uuid as filed
              from generate_series(1, 20000) n;
        insert into article_slugs select 'a-' || n, id from made;
        insert into article_contents (article_id, lang, slug, title, body, body_html, body_text, body_markdown, body_keys, excerpt,
                                      outline, word_count, reading_minutes)
            select id, 'fr', 'a-' || n, case when n % 5000 = 0 then 'Un ornithorynque ' else 'Le titre ' end || n, '[]', '', '', '', '', '',
                   '[]', 0, 0 from made;
        insert into article_sections select c.id, 0, m.filed from made m join article_contents c on c.article_id = m.id;
        insert into article_authors select c.id, 0, m.filed, 'by' from made m join article_contents c on c.article_id = m.id;
        insert into articles (id, content_id, status, created_by, updated_at)
            select m.id, c.id, case when n % 2000 = 1 then 'in_review' else 'published' end,
                   case when n % 4000 = 2 then '{room.writer.account["id"]}' else '{big}' end::uuid, now() - n * interval '1 minute'
              from made m join article_contents c on c.article_id = m.id;
        insert into desk_listings select m.filed, a.status, a.updated_at, a.id from made m join articles a on a.id = m.id;
        commit;
        vacuum analyze;""", database="archive")
    return lambda statement: server.sql(statement, database="archive")


ROLES = {"chief": ("chief", ""), "editor": ("editor", "{section}"), "contributor": ("contributor", "")}
QUERIES = {"all": "", "review": "statuses => '{in_review}'", "absent": "statuses => '{approved}'", "rare section": "section => 'rare'",
           "big section": "section => 'big'", "rare author": "author => 'rare'", "author and section": "author => 'rare', section => 'big'",
           "section and author": "author => 'big', section => 'rare'",
           "rare word": "words => 'ornithorynque'", "absent word": "words => 'axolotl'", "word everywhere": "words => 'titre'",
           "mine": "mine => true", "nobody's": "assigned => '01890000-0000-7000-8000-000000000000'",
           "oldest": "oldest_first => true", "deep": "after_at => now() - interval '10000 minutes', after_id => gen_random_uuid()"}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", QUERIES)
def test_a_page_reads_no_more_than_a_page(room, archive, role, name):
    """Rows that a page reads, of the many thousands that there are; whoever sees nothing of it pays no more."""
    defaults = dict.fromkeys(("statuses", "section", "author", "assigned", "mine", "words", "since", "until", "after_at", "after_id"),
                             "null") | {"oldest_first": "false", "most": "21"}
    given = dict(part.split(" => ", 1) for part in re.split(r", (?=\w+ => )", QUERIES[name]) if part)
    arguments = ", ".join(f"{key} => {value}" for key, value in (defaults | given).items())
    who, sections = ROLES[role]
    caller = room.writer if role == "contributor" else room.editor
    told = archive(f"""
        set enable_indexonlyscan = off; -- what is read of an index alone is not counted
        begin;
        select set_config('marbre.caller_id', '{caller.account["id"]}', true), set_config('marbre.caller_role', '{who}', true),
               set_config('marbre.caller_sections', '{"{" + room.section["id"] + "}" if sections else ""}', true);
        \\set QUIET 1
        \\o /dev/null
        select * from desk_page({arguments});
        \\o
        select 'read', sum(seq_scan), sum(coalesce(idx_tup_fetch, 0) + seq_tup_read) from pg_stat_xact_user_tables
         where schemaname = 'marbre' and relname in ('articles', 'article_contents', 'desk_listings');
        rollback;""")
    scans, rows = map(int, re.search(r"^read\|(\d+)\|(\d+)$", told, re.M).groups())
    assert scans == 0 and rows < 300, f"{scans} scans, {rows} rows"
