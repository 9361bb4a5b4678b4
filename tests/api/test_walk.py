"""The main job, as the README walks it: an editor writes a real article, publishes it, and a reader reads it."""
import concurrent.futures

import marbre

TITLE = "Poutine à Pékin"
HEADINGS = ["Une visite préparée", "Le gaz", "L’Arctique", "Les absents", "La monnaie", "Le calendrier", "Et après ?"]


def long_read(filing):
    """Two sections, an author with a bio, a standfirst, seven headings, two looks of pull quotes, a 4 × 2 table."""
    body = []
    for heading in HEADINGS:
        body += [marbre.block(heading, "h2"), marbre.block(f"Sous « {heading} », un paragraphe qui dit l’essentiel.")]
    body.insert(3, marbre.pullquote("Nous ne signons rien aujourd’hui.", "Le porte-parole", "statement"))
    body.insert(7, marbre.pullquote("La steppe n’a pas de portes.", "Carnets, Irkoutsk, 1911", "excerpt"))
    body.append(marbre.table([["Année", "Milliards de m³"], ["2019", "5"], ["2022", "15"], ["2025", "38"]],
                             caption="Livraisons de gaz", header_rows=1, header_columns=1))
    return {"title": TITLE, "standfirst": "Trois jours, et une alliance qui ne dit pas son nom.",
            "sections": ["politique", "international"], "tags": ["chine"], "body": body,
            "authors": [{"slug": "nadia-morel", "role": "by"}]}


def test_an_editor_writes_publishes_and_a_reader_reads(server, reader, editor, chief, filing):
    written = editor.post("/v1/desk/articles", long_read(filing), 201)
    article = written.json()
    assert written.headers["Location"] == f"/v1/desk/articles/{article['id']}"
    assert written.headers["ETag"] == '"v1"'
    assert article["slug"] == "poutine-a-pekin" and article["status"] == "draft"
    address = f"/v1/articles/{article['slug']}"

    reader.get(address, 404)
    published = editor.act(article, "publish")
    assert published["status"] == "published" and published["version"] == 4, "submitted, approved, published"

    read = reader.get(address, 200)
    story = read.json()
    assert [section["slug"] for section in story["sections"]] == ["politique", "international"]
    assert story["authors"][0]["bio"] == "Correspondante à Pékin depuis 2019."
    assert [b["children"][0]["text"] for b in story["body"] if b.get("style") == "h2"] == HEADINGS
    assert [b["role"] for b in story["body"] if b["_type"] == "pullquote"] == ["statement", "excerpt"]
    assert story["teaser"] == story["standfirst"], "a card without a teaser sells itself by the standfirst"
    html = reader.get(address + "?body=html", 200).json()["body_html"]
    assert html.count("<h2") == 7 and html.count('<figure class="pullquote') == 2
    assert html.count("<tr>") == 4 and "<caption>Livraisons de gaz</caption>" in html
    assert "Irkoutsk, 1911" in reader.get(address + "?body=text", 200).json()["body_text"]

    assert reader.get(address, 304, headers={"If-None-Match": read.headers["ETag"]}).content == b""
    head = reader.request("HEAD", address, 200)
    assert head.headers["ETag"] == read.headers["ETag"]
    assert int(head.headers["Content-Length"]) == len(read.content)

    saved = editor.save(published, kicker="Analyse")
    stale = chief.save(published, 412, title="Xi à Moscou")
    assert stale["version"] == saved["version"] and stale["changed"] == ["kicker"]
    assert stale["updated_by"] == {"id": editor.account["id"], "name": editor.account["name"]}
    assert saved["has_changes"] and reader.get(address, 200).json()["kicker"] is None, "readers see what was published"

    taken_back = editor.act(saved, "unpublish")
    assert taken_back["status"] == "unpublished"
    reader.get(address, 404)


def test_of_two_parallel_saves_of_one_version_one_wins_and_the_other_learns_who(server, editor, chief, filing):
    for _ in range(5):
        article = editor.make_article(title="Deux mains")

        def save(client):
            return client.patch(f"/v1/desk/articles/{article['id']}", {"standfirst": f"de {client.account['name']}"}, 1)

        with concurrent.futures.ThreadPoolExecutor(2) as both:
            replies = dict(zip(("editor", "chief"), both.map(save, (editor, chief))))
        won = [name for name, reply in replies.items() if reply.status_code == 200]
        lost = [name for name, reply in replies.items() if reply.status_code == 412]
        assert len(won) == 1 and len(lost) == 1, replies
        winner = {"editor": editor, "chief": chief}[won[0]]
        refusal = replies[lost[0]].json()
        assert refusal["version"] == 2 and refusal["changed"] == ["standfirst"]
        assert refusal["updated_by"]["id"] == winner.account["id"]
