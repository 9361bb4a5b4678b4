"""Bodies over HTTP: as Markdown both ways, and what is told of them without them."""
import concurrent.futures
import re

import pytest
import requests

from marbre import block, pullquote, span, table

MARKDOWN = """## Une visite préparée

L’avion s’est posé à l’aube. M. Poutine *sourit*.

:::pullquote{attribution="Le porte-parole"}
Nous ne signons rien.
:::

| Année | Milliards de m³ |
| --- | --- |
| 2019 | 5 |
"""


def written(reply):
    """Markdown at the desk, without the keys at its end."""
    return reply["body_markdown"].split("\n:::keys\n")[0]


def test_a_body_is_written_as_markdown(editor):
    article = editor.make_article(body_markdown=MARKDOWN)
    assert [one["_type"] for one in article["body"]] == ["block", "block", "pullquote", "table"]
    assert article["body"][1]["children"][1]["marks"] == ["em"]
    assert article["body"][2]["role"] == "statement" and article["body"][2]["attribution"] == "Le porte-parole"
    assert article["excerpt"] == "L’avion s’est posé à l’aube. M. Poutine sourit."
    assert article["outline"] == [{"id": "une-visite-preparee", "level": 2, "text": "Une visite préparée"}]
    assert article["word_count"] == 24 and article["reading_minutes"] == 1


def test_what_markdown_gave_can_be_sent_back_and_changes_nothing(editor):
    article = editor.make_article(body=[
        block("Titre", "h2"), pullquote("Un.\n:::\nDeux.", "A", role="excerpt"), block(""),
        table([["a", ""], ["b|c", "d"]], header_rows=1, caption="C"),
        {"_type": "block", "children": [span("souligné ", "underline"), span("x", "sub")]}])
    read = editor.get(f"/v1/desk/articles/{article['id']}?body=markdown", 200).json()
    saved = editor.save(article, body_markdown=read["body_markdown"])
    assert saved["version"] == article["version"] and saved["body"] == article["body"]


def test_blocks_that_were_not_edited_keep_their_keys(editor):
    article = editor.make_article(body_markdown=MARKDOWN)
    read = editor.get(f"/v1/desk/articles/{article['id']}?body=markdown", 200).json()["body_markdown"]
    edited = "Un chapeau.\n\n" + read.replace("à l’aube", "à midi")
    saved = editor.save(article, body_markdown=edited)
    assert [one["_key"] for one in saved["body"][1:]] == [one["_key"] for one in article["body"]]
    assert saved["body"][0]["_key"] not in [one["_key"] for one in article["body"]]
    assert saved["body"][2]["children"][0]["text"].startswith("L’avion s’est posé à midi.")
    without_keys = editor.save(saved, body_markdown=edited.split("\n:::keys")[0])
    assert not {one["_key"] for one in without_keys["body"]} & {one["_key"] for one in saved["body"]}


def test_readers_get_markdown_without_keys(editor, reader):
    article = editor.act(editor.make_article(body_markdown=MARKDOWN), "publish")
    desk = editor.get(f"/v1/desk/articles/{article['id']}?body=markdown", 200).json()
    read = reader.get(f"/v1/articles/{article['slug']}?body=markdown", 200).json()
    assert read["body_markdown"] == written(desk) == MARKDOWN and "body" not in read
    assert read["excerpt"] == article["excerpt"] and read["outline"] == article["outline"]


def test_cards_have_an_excerpt(editor, reader):
    article = editor.act(editor.make_article(body=[block("Un début.")]), "publish")
    for reply in (reader.get("/v1/articles?limit=1", 200), editor.get("/v1/desk/articles?limit=1", 200)):
        card = reply.json()["data"][0]
        assert card["id"] == article["id"] and card["excerpt"] == "Un début." and "outline" not in card


def test_a_body_is_sent_once(editor):
    reply = editor.post("/v1/desk/articles", {"title": "x", "body": [], "body_markdown": "x"}, 422)
    assert [fault["pointer"] for fault in reply.json()["errors"]] == ["/body_markdown"]
    article = editor.make_article()
    reply = editor.patch(f"/v1/desk/articles/{article['id']}", {"body": [], "body_markdown": ""}, article["version"], 422)
    assert [fault["pointer"] for fault in reply.json()["errors"]] == ["/body_markdown"]


@pytest.mark.parametrize("markdown, line, part", [
    ("Un.\n\n<b>deux</b>", 3, "raw HTML"),
    ("Un.\n\n<script>\nalert(1)\n</script>", 3, "raw HTML"),
    ("Un <!-- x --> deux", 1, "a comment is not taken"),
    ("# Titre", 1, "the title above them is the article's own"),
    ("Un.\n\n[x](javascript:alert(1))", 3, "a link leads to http://"),
    ("Un.\n\n![](https://a.example/b.jpg)", 3, "stands what is to be seen"),
    ("Un ![x](https://a.example/b.jpg)", 1, "an image stands alone"),
    ("Un.\n\n::embed{provider=x url=\"https://evil.example/\"}", 3, "an embed of x is an address on"),
    ("::film{}", 1, "there is no directive"),
    ("Un.\n:::factbox\nDeux.", 2, "no line of 3 colons"),
    ("::embed{provider}", 1, "attributes are"),
    ("> - un", 1, "a quotation has no lists"),
    ("- un\n  - deux\n\n  trois", 4, "an item of a list is one text"),
    ("Un :u[deux", 1, "has no ] at its end"),
    (":::blocks\n{\n:::", 1, "a JSON list"),
])
def test_what_markdown_cannot_be_is_refused_with_its_line(editor, markdown, line, part):
    fault = editor.post("/v1/desk/articles", {"title": "x", "body_markdown": markdown}, 422).json()["errors"][0]
    assert fault["pointer"] == "/body_markdown"
    assert fault["detail"].startswith(f"line {line}: ") and part in fault["detail"], fault
    assert fault["line"] == line


def test_all_faults_of_a_text_are_told_at_once_with_their_lines(editor):
    text = "<!-- a -->\n\nUn.\n\n# one\n\n# two\n\n<b>z</b>\n\n> été [x](rel)"
    errors = editor.post("/v1/desk/articles", {"title": "x", "body_markdown": text}, 422).json()["errors"]
    assert [fault["line"] for fault in errors] == [1, 5, 7, 9, 11]
    assert errors[4]["column"] == 11 and '"rel"' in errors[4]["detail"]


RICH = """[![Un quai](https://images.example/quai.jpg "Le quai")](https://port.example/)

Un mot[^1], 1~3 ans, 80~100 cm.

| Parti | Sièges |
| :--- | ---: |
| A\\|B | 12 |

5. cinq
6. six

> a
>
> b

> c

- un

  encore

[^1]: Une *note*, [ici](/a-propos).
"""


def test_what_a_body_keeps_of_markdown_comes_back_in_every_form(editor, reader):
    article = editor.act(editor.make_article(body_markdown=RICH), "publish")
    image, words, rows, five, six, a, b, c, item = article["body"]
    assert image["link"] == "https://port.example/" and image["caption"] == "Le quai"
    assert words["markDefs"][0]["_type"] == "footnote" and words["markDefs"][0]["content"][0]["markDefs"][0]["href"] == "/a-propos"
    assert rows["columns"] == [{"align": "left"}, {"align": "right"}] and five["start"] == 5 and "start" not in six
    assert "starts_quote" not in b and c["starts_quote"] is True
    assert item["children"][0]["text"] == "un\n\nencore"
    html = reader.get(f"/v1/articles/{article['slug']}?body=html", 200).json()["body_html"]
    for part in ('<a href="https://port.example/" rel="noopener"><img ', '<td class="align-right">12</td>', '<ol start="5">',
                 "<blockquote><p>a</p><p>b</p></blockquote><blockquote><p>c</p></blockquote>", "<li>un<br><br>encore</li>",
                 '<a href="#fn_1" id="fnref_1" role="doc-noteref">1</a>', '<li id="fn_1"><p>Une <em>note</em>'):
        assert part in html, part
    text = reader.get(f"/v1/articles/{article['slug']}?body=text", 200).json()["body_text"]
    assert "Un mot[1], 1~3 ans, 80~100 cm." in text and text.endswith("[1] Une note, ici.") and "A|B | 12" in text
    markdown = reader.get(f"/v1/articles/{article['slug']}?body=markdown", 200).json()["body_markdown"]
    again = editor.make_article(body_markdown=markdown)
    assert editor.get(f"/v1/desk/articles/{again['id']}?body=html", 200).json()["body_html"] == html


@pytest.mark.parametrize("end", ["\v", "\f", "\x85", "\u2028", "\u2029"])
def test_a_line_end_of_any_spelling_parts_words(editor, end):
    article = editor.make_article(title=f"Un{end}titre", standfirst=f"Un{end}deux", body=[block(f"Un{end}deux")])
    assert article["title"] == "Un titre" and article["standfirst"] == "Un\ndeux"
    assert article["body"][0]["children"][0]["text"] == "Un\ndeux" and article["word_count"] == 2
    saved = editor.save(article, body_markdown=f"Trois{end}quatre")
    assert saved["body"][0]["children"][0]["text"] == "Trois\nquatre"


def test_a_body_that_would_hold_a_worker_is_refused_with_its_line(editor):
    reply = editor.post("/v1/desk/articles", {"title": "x", "body_markdown": "Un.\n\n" + "*_" * 900_000}, 422)
    [fault] = reply.json()["errors"]
    assert fault["line"] == 3 and "more marks" in fault["detail"]


def test_what_the_server_writes_of_a_body_can_be_sent_back_but_not_changed(editor):
    article = editor.make_article(body_markdown=MARKDOWN)
    same = {name: article[name] for name in ("excerpt", "outline", "body")}
    assert editor.save(article, **same)["version"] == article["version"]
    reply = editor.save(article, 422, excerpt="Autre chose.")
    assert [fault["pointer"] for fault in reply["errors"]] == ["/excerpt"]


def test_the_audit_says_body_whichever_way_it_was_written(editor, admin):
    article = editor.make_article()
    editor.save(article, body_markdown="Un.")
    acts = admin.get(f"/v1/desk/audit?thing={article['id']}&limit=1", 200).json()["data"]
    assert acts[0]["fields"] == ["body"], acts


@pytest.mark.parametrize("name, bodies", [("body", ([block("Un.")], [block("Deux.")])), ("body_markdown", ("Un.", "Deux."))])
def test_a_key_stands_for_one_body(editor, name, bodies):
    headers = {"Idempotency-Key": f"a-key-of-{name}"}
    first, again, other = [editor.post("/v1/desk/articles", {"title": "x", name: body}, headers=headers)
                           for body in (bodies[0], bodies[0], bodies[1])]
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert again.json()["id"] == first.json()["id"]


def long_turns(server):
    """How many turns of the workers' loops took more than a tenth of a second on the processor."""
    text = requests.get(server.admin_url + "/metrics", timeout=10).text
    counts = {bound: sum(int(n) for n in re.findall(rf'marbre_loop_turn_seconds_bucket{{worker="\d+",le="{bound}"}} (\d+)', text))
              for bound in (r"0\.1", r"\+Inf")}
    assert counts[r"\+Inf"] > 0
    return counts[r"\+Inf"] - counts[r"0\.1"]


def test_no_save_holds_up_the_readers_of_its_worker(server, editor, reader):
    """A body that takes its time is read by the thread pool. Under sanitizers that is a second or two."""
    before = long_turns(server)
    text = "\n\n".join("Un mot et un autre, *puis* encore quelques mots qui font une phrase. " * 3 for _ in range(2000))
    with concurrent.futures.ThreadPoolExecutor() as threads:
        saves = [threads.submit(requests.post, server.url + "/v1/desk/articles", json={"title": "Long", "body_markdown": text},
                                headers=dict(editor.session.headers), timeout=60) for _ in range(2)]
        reads = 0
        while not all(save.done() for save in saves):
            reader.get("/v1/articles", 200)
            reads += 1
    assert [save.result().status_code for save in saves] == [201, 201] and reads > 5
    assert long_turns(server) == before


def sent(editor, data, expect):
    reply = requests.post(editor.server.url + "/v1/desk/articles", data=data, timeout=10,
                          headers={**editor.session.headers, "Content-Type": "application/json"})
    assert reply.status_code == expect, reply.text
    return reply.json()


def test_a_body_may_begin_with_a_byte_order_mark(editor):
    assert sent(editor, b'\xef\xbb\xbf{"title": "Un titre"}', 201)["title"] == "Un titre"
    assert "line 1, column 1" in sent(editor, b'\xef\xbb\xbf\xef\xbb\xbf{"title": "Un titre"}', 400)["detail"]


def test_a_nul_is_told_once(editor):
    text = b'{"title": "x", "body": [{"_type": "block", "children": [{"_type": "span", "text": "a\\u0000b"}]}]}'
    assert [fault["pointer"] for fault in sent(editor, text, 422)["errors"]] == ["/body/0/children/0/text"]
    text = b'{"title": "x", "body_markdown": "a\\u0000b"}'
    assert [fault["pointer"] for fault in sent(editor, text, 422)["errors"]] == ["/body_markdown"]


def test_what_nobody_would_see_is_told_by_its_number(editor):
    link = {"_type": "link", "_key": "l", "href": "java\u200bscript:x()"}
    body = [{"_type": "block", "children": [span("x", "l")], "markDefs": [link]}]
    [fault] = editor.post("/v1/desk/articles", {"title": "x", "body": body}, 422).json()["errors"]
    assert '"javaU+200Bscript:x()"' in fault["detail"]
