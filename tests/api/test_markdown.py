"""An article as one text of Markdown with front matter: out by Accept, in by Content-Type, and what is lost when lenient."""
import html.parser
import pathlib
import time

import markdown_it
import pytest
import yaml

MARKDOWN = "text/markdown"


def send(client, text, expect=201, prefer=None, query=""):
    headers = {"Content-Type": MARKDOWN, **({"Prefer": prefer} if prefer else {})}
    return client.request("POST", "/v1/desk/articles" + query, expect, data=text.encode(), headers=headers)


def save(client, article, text, expect=200, prefer=None, query=""):
    headers = {"Content-Type": MARKDOWN, "If-Match": "*", **({"Prefer": prefer} if prefer else {})}
    return client.request("PATCH", f"/v1/desk/articles/{article['id']}{query}", expect, data=text.encode(), headers=headers)


def as_markdown(client, address):
    return client.get(address, 200, headers={"Accept": MARKDOWN})


def errors(reply):
    return [(fault["pointer"], fault.get("line"), fault["detail"]) for fault in reply.json()["errors"]]


def front_of(text):
    return yaml.safe_load(text.split("\n---\n")[0][4:])


@pytest.fixture
def article(chief, filing):
    return chief.make_article(
        title="Poutine à Pékin : « non »", kicker="Analyse", standfirst="Trois jours.\nUne alliance.", lang="fr",
        teaser="yes", sections=[filing["politique"]["id"]], tags=[filing["chine"]["id"]],
        authors=[{"id": filing["nadia"]["id"], "role": "photo"}], seo={"title": "2024", "noindex": True},
        image={"url": "https://images.example/a.jpg", "alt": "A \"b\" \\ c: #d", "width": 1600}, notes="À voir\u0301",
        no_sponsorship=True, body_markdown="## Le gaz\n\nL’avion s’est *posé*.\n\n---\n\n- a\n- b\n")


def test_an_article_at_the_desk_as_markdown_can_be_sent_back_unchanged(chief, article):
    address = f"/v1/desk/articles/{article['id']}"
    reply = as_markdown(chief, address)
    assert reply.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert "Accept" in reply.headers["Vary"] and reply.headers["ETag"] == '"v1"'
    front = front_of(reply.text)
    assert front["title"] == article["title"] and front["standfirst"] == article["standfirst"] and front["teaser"] == "yes"
    assert front["seo"] == {"title": "2024", "noindex": True} and front["image"]["alt"] == article["image"]["alt"]
    assert front["image"]["width"] == 1600 and front["no_sponsorship"] is True
    assert front["sections"] == [article["sections"][0]["slug"]]
    again = save(chief, article, reply.text).json()
    assert again["version"] == 1, "a save that changes nothing makes no version"
    assert as_markdown(chief, address).text == reply.text


def test_readers_get_markdown_that_the_desk_takes(chief, reader, article):
    chief.act(article, "publish")
    address = f"/v1/articles/{article['slug']}"
    reply = as_markdown(reader, address)
    assert reply.headers["ETag"] != reader.get(address, 200).headers["ETag"] and "## Le gaz" in reply.text
    assert "notes" not in front_of(reply.text) and ":::keys" not in reply.text
    before = chief.get(f"/v1/desk/articles/{article['id']}?body=markdown", 200).json()
    after = save(chief, article, reply.text).json()
    same = set(before) - {"version", "updated_at", "updated_by", "status", "has_changes", "actions", "body_markdown"}
    assert {name: after[name] for name in same if name in after} == {name: before[name] for name in same if name in after}
    reader.get(address, 304, headers={"Accept": MARKDOWN, "If-None-Match": reply.headers["ETag"]})


@pytest.mark.parametrize("accept, type", [
    ("text/markdown", MARKDOWN), ("text/markdown, application/json;q=0.5", MARKDOWN), ("text/*", MARKDOWN),
    ("application/json;q=0.1, text/markdown;q=0.2", MARKDOWN), ("text/markdown;q=0.5, */*", "application/json"),
    ("*/*", "application/json"), ("text/html, */*;q=0.8", "application/json"), ("text/markdown;q=0, */*", "application/json")])
def test_the_type_that_is_wanted_most_is_answered(chief, article, accept, type):
    reply = chief.get(f"/v1/desk/articles/{article['id']}", 200, headers={"Accept": accept})
    assert reply.headers["Content-Type"].split(";")[0] == type


def test_front_matter_becomes_the_fields_of_an_article(chief, filing):
    section, tag, author = filing["politique"], filing["chine"], filing["nadia"]
    made = send(chief, f"""---
title: "Une histoire : deux voix"
kicker: 1984
description: |
  Ce qu’on dit
  aux moteurs.
categories: [{section['slug']}]
tags:
  - {tag['slug']}
author: {author['slug']}
draft: false
no_sponsorship: true
image: {{url: "https://images.example/a.jpg", alt: Un port, width: 800}}
---

## Le gaz

Texte.
""").json()
    assert made["title"] == "Une histoire : deux voix" and made["kicker"] == "1984" and made["status"] == "draft"
    assert made["seo"]["description"].startswith("Ce qu’on dit\naux moteurs.") and made["no_sponsorship"] is True
    assert made["image"]["width"] == 800 and made["sections"][0]["id"] == section["id"]
    assert made["tags"][0]["id"] == tag["id"] and made["authors"][0]["id"] == author["id"]
    assert [block["style"] for block in made["body"]] == ["h2", "normal"] and "losses" not in made


def test_a_change_leaves_what_it_does_not_name(chief, article):
    saved = save(chief, article, "---\nkicker:\nteaser: Autre\n---\n").json()
    assert saved["kicker"] is None and saved["teaser"] == "Autre" and saved["title"] == article["title"]
    assert saved["body"] == article["body"]
    saved = save(chief, article, "Un seul paragraphe.\n").json()
    assert len(saved["body"]) == 1 and saved["teaser"] == "Autre"


@pytest.mark.parametrize("yaml_text, line, words", [
    ("title: a\nlayout: post\n", 3, "no such field"), ("title: &a b\nkicker: x\n", 2, "anchors"),
    ("title: a\nkicker: *a\n", 3, "anchors"), ("title: !!str a\n", 2, "tags"), ("title: a\ntitle: b\n", 3, "twice"),
    ("title: [a\n", 3, "no YAML"), ("title: a\ndraft: maybe\n", 3, "true or false"), ("- a\n", 2, "keys"),
    ("title: a\nslug: A b\n", 3, "slug"), ("title: a\nimage: https://x.example/a.jpg\n", 3, "required"),
    ("title: a\ncategories: [x]\nsections: [y]\n", 4, "same"), ("? [a]\n: b\n", 2, "key"), ('"a\\0": b\n', 2, "key"), ("\"\": b\n", 2, "key"),
    ("title: a\nseo:\n  noindex: no\n", 4, ""), ("title: a\n--- b\n", 3, "")])
def test_what_front_matter_cannot_say_is_refused_with_its_line(chief, yaml_text, line, words):
    told = errors(send(chief, f"---\n{yaml_text}---\n\nTexte.\n", 422))
    assert [fault for fault in told if fault[1] == line and words in fault[2] and fault[2].startswith(f"line {line}: ")], told


def test_every_field_that_can_be_written_is_a_key_of_front_matter_and_comes_out_again(server, chief, article, filing):
    chief.save(article, date="2019-03-04T00:00:00Z", assignee=chief.account["id"], related=[chief.make_article()["id"]],
               tags=["diplomatie"])
    written = front_of(as_markdown(chief, f"/v1/desk/articles/{article['id']}").text)
    fields = {name for name, schema in server.contract.resolve({"$ref": "#/components/schemas/ArticlePatch"})["properties"].items()
              if not schema.get("readOnly")} - {"body", "body_markdown"}
    assert set(written) == fields


NASTY = ["null", "~", "yes", "no", "1e3", "0x1F", "2019-03-04", "---", "...", "a: b", "# a", "- a", "'", '"', "\\", "a\\", "{a}", "[a]",
         "&a", "*a", "!a", "%a", "@a", "`a`", "a #b", "| a", "> a", "\ta", "a\nb\n\nc", "a\n---\nb", "é\u00a0ü", "\ufffd", "\ue000",
         "\U0001f600", "\U0010fffd", "a\ufeffb", "\u202eabc", "a\u200bb", "x" * 2000, "\ufffe", "\uffff", "\U0001fffe", "=", "<<"]


def test_whatever_a_field_says_is_written_and_read_as_the_same(chief, article):
    for text in NASTY:
        article = chief.save(article, standfirst=text)
        out = as_markdown(chief, f"/v1/desk/articles/{article['id']}").text
        if text.isprintable():
            assert front_of(out)["standfirst"] == article["standfirst"]
        again = save(chief, article, out).json()
        assert (again["version"], again["standfirst"]) == (article["version"], article["standfirst"]), ascii(text)


def test_front_matter_without_an_end_is_refused(chief):
    assert "ends it" in errors(send(chief, "---\ntitle: a\n\nTexte.\n", 422))[0][2]


def test_lines_of_the_body_are_those_of_the_whole_text(chief):
    told = errors(send(chief, "---\ntitle: a\n---\n\nTexte.\n\n<!-- more -->\n", 422))
    assert [fault[1] for fault in told] == [7] and told[0][2].startswith("line 7: ")


def test_what_is_lost_is_told_when_that_is_wanted(chief):
    text = ("---\ntitle: a\nlayout: post\nslug: A b\n---\n\n# Un\n\n<!-- more -->\n\n[ici](autre) et "
            "![](img/a.png)\n\n## Deux\n")
    reply = send(chief, text, prefer='handling="lenient", wait=5')
    assert reply.headers["Preference-Applied"] == "handling=lenient"
    losses = reply.json()["losses"]
    assert [(loss["line"], loss["kind"]) for loss in losses][:2] == [(3, "key"), (4, "key")]
    assert (9, "comment") in [(loss["line"], loss["kind"]) for loss in losses]
    assert [block["style"] for block in reply.json()["body"] if block["_type"] == "block" and block["style"] != "normal"] == ["h2", "h3"]
    assert send(chief, "---\ntitle: a\n---\n\nb\n", prefer="handling=lenient").json()["losses"] == []
    assert "Preference-Applied" not in send(chief, "---\ntitle: a\n---\n\nb\n", prefer="handling=strict, handling=lenient").headers


def test_what_would_lose_too_much_is_refused_in_no_time(chief):
    text = "---\ntitle: a\n---\n\n" + "<!-- a -->\n\n" * 80000
    began = time.monotonic()
    assert errors(send(chief, text, 422, prefer="handling=lenient"))[-1][1:] == (2005, "line 2005: more than 1000 things would be lost")
    assert time.monotonic() - began < 5
    assert len(send(chief, text[:12 * 1000], prefer="handling=lenient").json()["losses"]) > 990


def test_relative_addresses_are_resolved_when_the_base_is_known(chief):
    text = "---\ntitle: a\n---\n\n[ici](../b#c)\n"
    made = send(chief, text, prefer="handling=lenient", query="?base_url=https://ancien.example/x/y/").json()
    assert made["body"][0]["markDefs"][0]["href"] == "https://ancien.example/x/b#c"


def test_a_body_in_json_may_lose_something_too(chief):
    reply = chief.request("POST", "/v1/desk/articles", 201, json={"title": "a", "body_markdown": "a\n\n<!-- b -->\n"},
                          headers={"Prefer": "handling=lenient"})
    assert reply.json()["losses"][0]["line"] == 3 and reply.headers["Preference-Applied"] == "handling=lenient"
    answered = chief.request("PATCH", f"/v1/desk/articles/{reply.json()['id']}", 200, json={"body_markdown": "<!-- c -->\n\nd"},
                             headers={"Prefer": "handling=lenient", "If-Match": "*"}).json()
    assert [loss["kind"] for loss in answered["losses"]] == ["comment"]
    chief.save(answered, title="b", losses=answered["losses"])


def test_things_are_named_by_their_slugs_and_else_by_their_names(chief, filing):
    made = send(chief, "---\ntitle: a\ncategories: [POLITIQUE, international]\ntags: ' chiné '\nauthors:\n"
                       "  - name: nadia  morel\n    role: photo\n  - Paul Weiss\n---\n").json()
    assert [section["slug"] for section in made["sections"]] == ["politique", "international"]
    assert [tag["slug"] for tag in made["tags"]] == ["chine"]
    assert [(author["slug"], author["role"]) for author in made["authors"]] == [("nadia-morel", "photo"), ("paul-weiss", "by")]
    chief.request("POST", "/v1/desk/articles", 422, json={"title": "a", "sections": ["POLITIQUE"]})


def test_a_name_of_nobody_or_of_several_is_refused_with_its_line_or_lost(chief, filing):
    chief.make("authors", name="Deux Fois"), chief.make("authors", name="deux fois", slug="deux-fois-b")
    text = ("---\ntitle: a\ntags: [chine, nulle-part, Chine]\nauthors:\n  - Personne\n  - Paul Weiss\n  - Deux  Fois\n"
            "assignee: 01890000-0000-7000-8000-000000000000\n---\n\nb\n")
    told = errors(send(chief, text, 422))
    assert sorted(told)[:2] == [("/assignee", 8, "line 8: There is nobody \"01890000-0000-7000-8000-000000000000\" whom an "
                                 "article could be given to."),
                                ("/authors/0", 5, 'line 5: There is no author "Personne".')]
    assert [fault[:2] for fault in sorted(told)[2:]] == [("/authors/2", 7), ("/tags/1", 3), ("/tags/2", 3)]
    made = send(chief, text, prefer="handling=lenient").json()
    assert [loss["line"] for loss in made["losses"]] == [3, 3, 5, 7, 8] and made["assignee"] is None
    assert [tag["slug"] for tag in made["tags"]] == ["chine"] and [a["slug"] for a in made["authors"]] == ["paul-weiss"]
    key = {"Content-Type": MARKDOWN, "Prefer": "handling=lenient", "Idempotency-Key": "ways-1"}
    first = chief.request("POST", "/v1/desk/articles", 201, data=text.encode(), headers=key).json()
    again = chief.request("POST", "/v1/desk/articles", 201, data=text.encode(), headers=key)
    assert again.headers["Idempotency-Replayed"] == "true" and again.json()["id"] == first["id"]


@pytest.mark.parametrize("written, kept", [
    ("2019-03-04", "2019-03-04T00:00:00.000Z"), ("2019-03-04 07:30", "2019-03-04T07:30:00.000Z"),
    ("2019-03-04 07:30:15 +0100", "2019-03-04T06:30:15.000Z"), ("2019-03-04T07:30:15.5+01:00", "2019-03-04T06:30:15.500Z"),
    ("'2019-03-04T07:30:15Z'", "2019-03-04T07:30:15.000Z"), ("", None)])
def test_a_date_is_kept_as_that_of_the_first_publication(chief, reader, written, kept):
    made = send(chief, f"---\ntitle: Une archive\ndate: {written}\ndraft: false\n---\n\nTexte.\n").json()
    assert made["date"] == kept and made["status"] == "draft" and made["published_at"] is None
    out = as_markdown(chief, f"/v1/desk/articles/{made['id']}").text
    assert save(chief, made, out).json()["version"] == 1
    published = chief.act(made, "publish")
    assert published["published_at"] == kept or kept is None
    shown = as_markdown(reader, f"/v1/articles/{made['slug']}").text
    assert front_of(shown)["date"] == published["published_at"]
    saved = save(chief, made, shown).json()  # only its keys are others
    chief.save(saved, date=saved["date"])
    told = chief.save(saved, 422, date="2018-01-01T00:00:00Z")
    assert told["errors"][0]["pointer"] == "/date" and "stays" in told["errors"][0]["detail"]


@pytest.mark.parametrize("written", ["2019-02-30", "hier", "2019-03-04 25:00", "[2019]", "2019-03-04 07:30 CET", "20190304"])
def test_what_is_no_date_is_refused_with_its_line_or_lost(chief, written):
    text = f"---\ntitle: a\ndate: {written}\n---\n\nTexte.\n"
    assert errors(send(chief, text, 422))[0][:2] == ("/date", 3)
    made = send(chief, text, prefer="handling=lenient").json()
    assert made["date"] is None and [(loss["line"], loss["kind"]) for loss in made["losses"]] == [(3, "key")]


def test_what_has_a_date_to_come_is_not_published_before(chief):
    made = chief.make_article(date="2999-01-01T00:00:00Z")
    assert "has not come yet" in chief.act(made, "publish", 409)["detail"]
    saved = chief.save(made, date=None)
    assert saved["date"] is None and chief.get(f"/v1/desk/articles/{made['id']}/versions?limit=1", 200).json()["data"][0]["changed"] == ["date"]
    chief.act(saved, "publish")


# ------------------------------------------------------------------------------------------------------- twenty files

FILES = sorted((pathlib.Path(__file__).parent.parent / "markdown").glob("*.md"))
# What strict does not take, and what lenient loses of it: lines and kinds.
LOST = {
    "comment-more": [(7, "comment")], "title-in-body": [(5, "heading")], "relative-image": [],
    "image-in-text": [(5, "image")], "table-wide": [(7, "table")], "nested-quote": [(7, "nesting")],
    "raw-html": [(5, "html"), (5, "html"), (7, "html")], "unknown-keys": [(2, "key"), (4, "key"), (5, "key")], "unknown-names": [(3, "key"), (4, "key")],
}


class Words(html.parser.HTMLParser):
    """The words of a page and where its links and images lead, in order."""

    def __init__(self, page):
        super().__init__()
        self.text, self.links = [], []
        self.feed(page)

    def handle_data(self, data):
        self.text.append(data)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in ("a", "em", "strong", "code", "s", "del"):
            self.text.append(" ")
        if tag == "img" and "title" in attributes:  # which is a caption
            self.text.append(attributes["title"])
        self.links += [value for name, value in attributes.items() if name in ("href", "src")]

    def found(self):
        return "".join(self.text).split(), self.links


def by_another_parser(markdown):
    parser = markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"])
    return Words(parser.render(markdown.split("---\n", 2)[2])).found()


def plain(blocks):
    """Blocks without their keys, which are new each time."""
    if isinstance(blocks, dict):
        return {name: plain(value) for name, value in blocks.items() if name not in ("_key", "marks")}
    return [plain(block) for block in blocks] if isinstance(blocks, list) else blocks


def test_there_are_twenty_files():
    assert len(FILES) == 20


@pytest.mark.parametrize("name", [file.stem for file in FILES])
def test_files_are_taken_without_a_loss_or_with_each_told(chief, filing, name):
    text = (FILES[0].parent / f"{name}.md").read_text()
    query = "?base_url=https://ancien.example/2019/a/" if name in LOST else ""
    if name in LOST:
        told = errors(send(chief, text, 422))
        assert all(line and detail.startswith(f"line {line}: ") for _, line, detail in told), told
    else:
        strict = send(chief, text).json()
    reply = send(chief, text, prefer="handling=lenient", query=query)
    losses = [(loss["line"], loss["kind"]) for loss in reply.json()["losses"]]
    if name not in LOST:
        assert losses == [] and plain(strict["body"]) == plain(reply.json()["body"])
    else:
        assert losses == LOST[name]
    address = f"/v1/desk/articles/{reply.json()['id']}"
    written = as_markdown(chief, address).text
    assert save(chief, reply.json(), written).json()["version"] == 1 and as_markdown(chief, address).text == written
    if name not in LOST and name != "footnotes":  # of which it knows nothing
        page = chief.get(address + "?body=html", 200).json()["body_html"]
        words, links = by_another_parser(text)
        assert Words(page).found()[0] == words
        assert [link for link in Words(page).found()[1] if not link.startswith("#")] == [
            link for link in links if not link.startswith("#")]
