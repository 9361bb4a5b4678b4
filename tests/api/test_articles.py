"""Writing at the desk: what an article takes and refuses, who may do what to it when, and the versions that remain."""
import concurrent.futures
import http.client
import json
import re

import pytest

import marbre

# What a save changes by itself: what it is, and what is made of the body and the slug.
FOLLOWS = {"version", "updated_at", "url", "excerpt", "outline", "word_count", "reading_minutes"}
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
NOWHERE = "01890000-0000-7000-8000-000000000000"


def faults(problem):
    """The pointers of a 422, sorted; every one of them says something."""
    assert all(len(fault["detail"]) > 10 for fault in problem["errors"]), problem
    return sorted(fault["pointer"] for fault in problem["errors"])


def slugs(cards):
    return [card["slug"] for card in cards]


def patch_with(client, article, if_match, body, expect=None):
    return client.patch(f"/v1/desk/articles/{article['id']}", body, if_match, expect)


def read(client, article, form="blocks"):
    return client.get(f"/v1/desk/articles/{article['id']}?body={form}", 200).json()


def versions(server, article, *columns):
    """Its rows of article_versions, oldest first."""
    names = " || '|' || ".join(f"coalesce({column}::text, '')" for column in columns)
    rows = server.sql(f"select {names} from article_versions where article_id = '{article['id']}' order by version")
    return [tuple(row.split("|")) for row in rows.splitlines()]


# ------------------------------------------------------------------------------------------------------- writing

def test_a_title_is_all_that_an_article_needs(editor):
    article = editor.post("/v1/desk/articles", {"title": "Rien qu’un titre"}, 201).json()
    assert article["status"] == "draft" and article["version"] == 1 and not article["has_changes"]
    assert article["lang"] == "fr" and article["slug"] == "rien-qu-un-titre"
    assert [article[name] for name in ("kicker", "standfirst", "teaser", "published_at")] == [None] * 4
    assert [article[name] for name in ("body", "sections", "tags", "authors")] == [[], [], [], []]
    assert article["word_count"] == 0 and article["reading_minutes"] == 0
    me = {"id": editor.account["id"], "name": editor.account["name"]}
    assert article["created_by"] == me and article["updated_by"] == me
    assert article["url"].endswith("/rien-qu-un-titre")
    assert read(editor, article) == article


def test_every_field_is_kept_as_it_was_written(editor, filing):
    written = {"title": "Tous les champs", "slug": "tous-les-champs-choisis", "lang": "en-GB", "kicker": "Analyse",
               "standfirst": "Ce qui ouvre.", "teaser": "Ce qui vend.", "body": [marbre.block("Un mot, puis trois.")],
               "sections": ["international", "politique"], "tags": ["diplomatie", "chine"],
               "authors": [{"slug": "paul-weiss", "role": "photo"}, "nadia-morel"]}
    article = read(editor, editor.post("/v1/desk/articles", written, 201).json())
    for name in ("title", "slug", "lang", "kicker", "standfirst", "teaser"):
        assert article[name] == written[name]
    assert article["body"][0]["children"][0]["text"] == "Un mot, puis trois." and article["body"][0]["_key"]
    assert slugs(article["sections"]) == ["international", "politique"], "the first is the primary one"
    assert slugs(article["tags"]) == ["diplomatie", "chine"]
    assert [tag["kind"] for tag in article["tags"]] == ["topic", "place"]
    assert [(author["slug"], author["role"]) for author in article["authors"]] == [("paul-weiss", "photo"),
                                                                                 ("nadia-morel", "by")]
    assert article["word_count"] == 4 and article["reading_minutes"] == 1


def test_a_body_is_read_as_blocks_html_or_text(editor):
    article = editor.make_article(body=[marbre.block("Un <b> & deux", "h2")])
    assert "body" in article and "body_html" not in article
    assert "Un &lt;b&gt; &amp; deux</h2>" in read(editor, article, "html")["body_html"]
    text = read(editor, article, "text")
    assert text["body_text"].strip() == "Un <b> & deux" and "body" not in text
    problem = editor.get(f"/v1/desk/articles/{article['id']}?body=pdf", 400).json()
    assert faults(problem) == ["?body"]


def test_an_emptied_body_is_empty_in_every_form(editor):
    article = editor.make_article(body=[marbre.block("À retirer")])
    emptied = editor.save(article, body=[])
    assert emptied["body"] == [] and emptied["word_count"] == 0 and emptied["reading_minutes"] == 0
    assert read(editor, article, "html")["body_html"] == "" and read(editor, article, "text")["body_text"] == ""


# --------------------------------------------------------------------------------------------------------- slugs

def test_a_slug_is_made_from_the_title_and_numbered_when_it_is_taken(editor):
    made = [editor.make_article(title="L’Été à Pékin : acte I")["slug"] for _ in range(3)]
    assert made == ["l-ete-a-pekin-acte-i", "l-ete-a-pekin-acte-i-2", "l-ete-a-pekin-acte-i-3"]


def test_a_number_in_somebody_elses_slug_does_not_make_ours_jump(editor):
    editor.make_article(title="Présidentielle 2027")
    made = [editor.make_article(title="Présidentielle")["slug"] for _ in range(3)]
    assert made == ["presidentielle", "presidentielle-2", "presidentielle-3"]


def test_a_long_title_gives_a_slug_within_its_length_also_with_a_number(editor):
    title = "constitution " * 20
    made = {editor.make_article(title=title)["slug"] for _ in range(12)}
    assert len(made) == 12 and all(len(slug) <= 120 and SLUG.fullmatch(slug) for slug in made)


def test_eight_parallel_articles_of_one_title_get_eight_slugs(editor):
    def write(_):
        return editor.make_article(title="Huit à la fois")

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        made = sorted(slugs(pool.map(write, range(8))))
    assert made == ["huit-a-la-fois"] + [f"huit-a-la-fois-{n}" for n in range(2, 9)]


def test_a_chosen_slug_is_kept_or_refused_but_never_changed(editor):
    assert editor.make_article(slug="choix-de-la-redaction")["slug"] == "choix-de-la-redaction"
    taken = editor.post("/v1/desk/articles", {"title": "Autre", "slug": "choix-de-la-redaction"}, 409).json()
    assert faults(taken) == ["/slug"] and taken["type"] == "/problems/conflict"
    other = editor.make_article(title="Encore un autre")
    assert faults(editor.save(other, 409, slug="choix-de-la-redaction")) == ["/slug"]
    assert read(editor, other)["version"] == 1, "nothing of a refused save is kept"
    assert editor.save(other, slug="mon-propre-choix")["slug"] == "mon-propre-choix"


@pytest.mark.parametrize("slug", ["0192f0c1-7a3e-7cc0-9d2c-5a1be6a3f001", "Majuscule", "deux--tirets", "-devant",
                                  "derriere-", "é", "a b", "a/b", "", "a" * 121, "a\u0000"])
def test_what_is_no_slug_is_refused(editor, slug):
    assert faults(editor.post("/v1/desk/articles", {"title": "Titre", "slug": slug}, 422).json()) == ["/slug"]


@pytest.mark.parametrize("title, slug", [
    ("Москва", "moskva"), ("北京", "bei-jing"), ("🎈", "untitled"), ("…", "untitled"), ("   espaces   ", "espaces"),
    ("<script>alert(1)</script>", "script-alert-1-script"), ("'; drop table articles; --", "drop-table-articles"),
    ("../../etc/passwd", "etc-passwd"), ("Straße", "strasse"), ("İstanbul", "istanbul"), ("NULL", "null"),
    ("%00%0a", "00-0a"), ("ﬁn", "fin"), ("Ⅷ", "viii"), ("٣٢١", "321")])
def test_a_naughty_title_is_kept_and_gives_a_readable_slug(editor, title, slug):
    article = editor.make_article(title=title)
    assert article["title"] == title or article["title"].strip() == title.strip()
    assert re.fullmatch(slug + r"(-\d+)?", article["slug"])


# ---------------------------------------------------------------------------------------------------- references

def test_a_reference_is_an_id_a_slug_or_the_object_that_was_read(editor, filing):
    chine, politique, nadia = filing["chine"], filing["politique"], filing["nadia"]
    card = {name: politique[name] for name in ("id", "slug", "name")}
    for tag in (chine["id"], chine["id"].upper(), "chine", {"id": chine["id"]}, {"slug": "chine"},
                {"id": chine["id"], "slug": "renommee-depuis", "name": "Ancien nom", "kind": "topic"}):
        article = editor.make_article(tags=[tag], sections=[card], authors=[nadia["id"]])
        assert slugs(article["tags"]) == ["chine"] and article["sections"] == [card]
        assert slugs(article["authors"]) == ["nadia-morel"]


def test_an_author_carries_a_part_and_a_bio_for_this_article(editor, filing):
    article = editor.make_article(authors=[{"slug": "nadia-morel", "bio": "Envoyée spéciale."}, "paul-weiss"])
    assert [author["bio"] for author in article["authors"]] == ["Envoyée spéciale.", None]
    again = editor.save(article, authors=[{"slug": "nadia-morel", "role": "by"}])
    assert again["authors"][0]["bio"] == filing["nadia"]["bio"], "without one of its own the author's is read"


def test_every_reference_that_leads_nowhere_or_comes_twice_is_named_in_one_reply(editor, filing):
    wrong = {"title": "Références", "sections": ["politique", "nulle-part", filing["politique"]["id"]],
             "tags": [{"id": NOWHERE, "slug": "chine"}, "chine", {"slug": "chine"}],
             "authors": ["nadia-morel", {"slug": "nadia-morel", "role": "photo"}, {"slug": "nadia-morel", "role": "by"},
                         {"role": "by"}, "Personne"]}
    pointers = ["/authors/2", "/authors/3", "/authors/4", "/sections/1", "/sections/2", "/tags/0", "/tags/2"]
    problem = editor.post("/v1/desk/articles", wrong, 422).json()
    assert faults(problem) == pointers
    details = {fault["pointer"]: fault["detail"] for fault in problem["errors"]}
    assert "nulle-part" in details["/sections/1"] and "twice" in details["/sections/2"]
    assert "Personne" in details["/authors/4"]
    article = editor.make_article()
    assert faults(editor.save(article, 422, **wrong)) == pointers
    assert read(editor, article)["version"] == 1


# -------------------------------------------------------------------------------------------------------- saving

def test_a_save_changes_the_fields_that_it_names_and_no_other(editor, filing):
    article = editor.make_article(kicker="Analyse", standfirst="Avant", teaser="Vend", body=[marbre.block("Corps")],
                                  sections=["politique"], tags=["chine"], authors=["nadia-morel"])
    changes = [("kicker", None), ("standfirst", "Après"), ("title", "Un autre titre"), ("teaser", None),
               ("sections", ["international"]), ("tags", []), ("authors", []), ("body", []), ("lang", "en")]
    for name, value in changes:
        before, article = article, editor.save(article, **{name: value})
        assert article["version"] == before["version"] + 1
        assert article[name] == value or slugs(article[name]) == value
        assert {field for field in article if article[field] != before[field]} <= {name, *FOLLOWS}
    assert article["slug"] == "un-titre" or article["slug"].startswith("un-titre-"), "a new title is no new address"


@pytest.mark.parametrize("name", ["title", "slug", "lang", "body", "sections", "tags", "authors"])
def test_what_may_not_be_empty_is_not_emptied_by_null(editor, name):
    article = editor.make_article()
    assert faults(editor.save(article, 422, **{name: None})) == [f"/{name}"]


def test_what_get_gives_patch_takes_and_nothing_changes(server, editor, filing):
    article = editor.make_article(
        title="Aller-retour", kicker="K", body=[marbre.block("Un", "h2"), marbre.table([["a", "b"], ["c", "d"]])],
        sections=["politique", "international"], tags=["chine"],
        authors=[{"slug": "nadia-morel", "bio": filing["nadia"]["bio"]}, {"slug": "paul-weiss", "bio": "Ici."}])
    assert patch_with(editor, article, '"v1"', article, 200).json() == article
    public = editor.act(article, "publish")
    saved = patch_with(editor, public, '"v4"', public, 200)
    assert saved.json() == public and saved.headers["ETag"] == '"v4"'
    assert len(versions(server, article, "version")) == 4, "created, submitted, approved, published"
    kept = server.sql(f"select count(*) from article_contents where article_id = '{article['id']}'")
    assert kept == "1", "a content that changed nothing is not kept"


def test_a_member_that_only_the_server_writes_is_refused_when_it_says_something_else(editor):
    article = editor.make_article()
    wrong = {"id": NOWHERE, "version": 7, "status": "published", "has_changes": True, "word_count": 99,
             "reading_minutes": 9, "url": "https://elsewhere.example/", "published_at": "2020-01-01T00:00:00.000Z",
             "created_at": "2020-01-01T00:00:00.000Z", "updated_at": "2020-01-01T00:00:00.000Z",
             "created_by": None, "updated_by": {"id": NOWHERE, "name": "Quelqu’un"}}
    assert faults(editor.save(article, 422, title="Autre", **wrong)) == sorted(f"/{name}" for name in wrong)
    assert read(editor, article) == article


def test_a_save_that_changes_nothing_makes_no_version(server, editor):
    article = editor.make_article(title="Rien de neuf", body=[marbre.block("Corps")])
    for same in ({}, {"title": "Rien de neuf"}, {"body": article["body"]}, {"tags": [], "kicker": None}):
        assert editor.save(article, **same) == article
    assert versions(server, article, "version", "act") == [("1", "create")]


def test_a_change_names_the_version_that_was_read(editor):
    article = editor.save(editor.make_article(), kicker="deux")
    assert patch_with(editor, article, None, {"kicker": "x"}, 428).json()["type"] == "/problems/version-required"
    for wrong in ("v2", '"v2', "2", "W/v2", '"v2", v2', '"v2"x'):
        assert patch_with(editor, article, wrong, {"kicker": "x"}, 400).json()["errors"][0]["pointer"] == "If-Match"
    for stale in ('"v1"', 'W/"v2"', '"v02"', '"2"', '"abc"', '"v1", W/"v2"', '"v99999999999999999999"'):
        problem = patch_with(editor, article, stale, {"kicker": "x"}, 412).json()
        assert problem["version"] == 2, stale
    article = patch_with(editor, article, '"v1" , "v2"', {"kicker": "trois"}, 200).json()
    assert article["version"] == 3
    assert patch_with(editor, article, "*", {"kicker": "quatre"}, 200).json()["version"] == 4
    for verb in ("submit", "approve", "publish", "unpublish"):
        editor.post(f"/v1/desk/articles/{article['id']}/{verb}", {}, 428)
        editor.act(article, verb, 412)


def test_a_stale_save_learns_who_saved_when_and_every_field_that_changed_since(editor, chief):
    article = editor.make_article(kicker="un")
    second = editor.save(article, kicker="deux")
    third = chief.save(second, title="Trois", kicker="trois")
    fourth = chief.act(third, "submit")
    problem = editor.save(article, 412, standfirst="trop tard")
    assert problem["type"] == "/problems/version-conflict" and problem["version"] == 4
    assert problem["changed"] == ["kicker", "status", "title"]
    assert problem["updated_by"] == {"id": chief.account["id"], "name": chief.account["name"]}
    assert problem["updated_at"] == fourth["updated_at"]
    assert editor.save(third, 412)["changed"] == ["status"]


# -------------------------------------------------------------------------------------------------------- faults

def test_faults_of_the_body_and_of_the_members_come_in_one_reply(editor):
    wrong = {"title": "", "kicker": 7, "lang": "français", "slug": "Non", "inconnu": 1, "sections": "politique",
             "tags": [{}], "authors": [{"slug": "nadia-morel", "role": "king"}],
             "body": [marbre.block("bien"), {"_type": "video"}, marbre.block("x", "h7"), {"_type": 7}, 7,
                      {"_type": "block", "children": [marbre.span("x", "nulle-part")]}]}
    problem = editor.post("/v1/desk/articles", wrong, 422).json()
    pointers = faults(problem)
    expected = {"/title", "/kicker", "/lang", "/slug", "/inconnu", "/sections", "/tags/0", "/authors/0/role",
                "/body/1/_type", "/body/2/style", "/body/3/_type", "/body/4", "/body/5/children/0/marks/0"}
    assert set(pointers) == expected
    assert len(pointers) == len(expected), "each fault is told once"
    assert problem["detail"] == f"{len(expected)} faults were found."


def test_control_characters_are_cleaned_away_and_letters_composed(editor):
    dirty = "E\u0301te\u0301\u0007 \u009fà\ufeff\r\nPékin\u007f\ttab\u202e"
    clean = "Été à\nPékin\ttab\u202e"
    article = editor.make_article(standfirst=dirty, kicker=dirty, body=[marbre.block(dirty)])
    assert article["standfirst"] == clean and article["kicker"] == clean
    assert article["body"][0]["children"][0]["text"] == clean
    assert faults(editor.post("/v1/desk/articles", {"title": "\u0001\u0002"}, 422).json()) == ["/title"]


def test_a_nul_character_is_refused_wherever_it_stands(editor):
    wrong = {"title": "a\u0000b", "kicker": "\u0000", "body": [marbre.block("x\u0000")], "tags": ["\u0000"]}
    pointers = faults(editor.post("/v1/desk/articles", wrong, 422).json())
    assert {"/title", "/kicker", "/body/0/children/0/text", "/tags/0"} <= set(pointers)


def test_a_title_has_at_most_300_characters_however_many_bytes_they_take(editor):
    assert editor.make_article(title="é" * 300)["title"] == "é" * 300
    assert editor.make_article(title="🎈" * 300)["title"] == "🎈" * 300
    assert faults(editor.post("/v1/desk/articles", {"title": "é" * 301}, 422).json()) == ["/title"]


def test_five_thousand_blocks_are_fine_and_one_more_is_not(editor):
    blocks = [marbre.block(f"Bloc {n}") for n in range(5001)]
    article = editor.make_article(title="Cinq mille", body=blocks[:5000])
    assert len(article["body"]) == 5000 and article["word_count"] == 10000
    assert faults(editor.save(article, 422, body=blocks)) == ["/body/5000"]


def test_a_body_over_two_mebibytes_is_refused_and_a_request_over_three_is_not_even_read(server, editor):
    article = editor.make_article(title="Trop")
    large = [marbre.block("a" * 60000) for _ in range(36)]
    assert faults(editor.save(article, 422, body=large)) == ["/body"]
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.putrequest("POST", "/v1/desk/articles")
    for name, value in {"Authorization": editor.session.headers["Authorization"], "Content-Type": "application/json",
                        "Content-Length": str(3 * 1024 * 1024 + 1)}.items():
        connection.putheader(name, value)
    connection.endheaders()
    reply = connection.getresponse()
    problem = json.loads(reply.read())
    connection.close()
    assert reply.status == 413 and problem["type"] == "/problems/too-large" and "3145728" in problem["detail"]


# --------------------------------------------------------------------------------------------------------- roles

def test_a_contributor_knows_of_their_own_articles_only(editor, contributor):
    mine = contributor.make_article(title="À moi")
    others = editor.make_article(title="À un autre")
    listed = {card["id"] for card in contributor.get("/v1/desk/articles?limit=100", 200).json()["data"]}
    assert mine["id"] in listed and others["id"] not in listed
    contributor.get(f"/v1/desk/articles/{others['id']}", 404)
    contributor.save(others, 404, title="Pris")
    contributor.act(others, "submit", 404)
    assert read(editor, others)["version"] == 1 and read(editor, mine)["created_by"]["id"] == contributor.account["id"]


def test_a_contributor_hands_in_and_then_keeps_their_hands_off(contributor, editor):
    article = contributor.save(contributor.make_article(title="Prêt"), kicker="Reportage")
    for verb in ("approve", "publish", "unpublish"):
        contributor.act(article, verb, 403)
    article = contributor.act(article, "submit")
    assert article["status"] == "in_review"
    assert contributor.save(article, 409, title="Après coup")["status_now"] == "in_review"
    contributor.act(article, "submit", 409)
    assert read(contributor, article) == article, "but they may read it"
    assert editor.save(article, title="Relu")["status"] == "in_review", "an editor works on it without taking it back"


def test_sales_has_no_business_with_stories(server, editor):
    sales, article = server.client("sales"), editor.make_article()
    for method, path in (("GET", ""), ("POST", ""), ("GET", f"/{article['id']}"), ("POST", f"/{article['id']}/publish"),
                         ("PATCH", f"/{article['id']}")):
        arguments = {} if method == "GET" else {"json": {"title": "x"} if path == "" else {}}
        sales.request(method, "/v1/desk/articles" + path, 403, headers={"If-Match": "*"}, **arguments)


def test_without_a_token_there_is_no_desk(reader, editor):
    article = editor.make_article()
    for path in ("/v1/desk/articles", f"/v1/desk/articles/{article['id']}", f"/v1/desk/articles/{NOWHERE}"):
        assert reader.get(path, 401).headers["WWW-Authenticate"].startswith("Bearer")
    reader.post("/v1/desk/articles", {"title": "Intrus"}, 401)


def test_what_is_not_there_is_not_found(editor):
    editor.get(f"/v1/desk/articles/{NOWHERE}", 404)
    editor.patch(f"/v1/desk/articles/{NOWHERE}", {"title": "x"}, "*", 404)
    editor.post(f"/v1/desk/articles/{NOWHERE}/publish", {}, 404, headers={"If-Match": "*"})
    assert faults(editor.get("/v1/desk/articles/12", 400).json()) == ["{id}"]


# ------------------------------------------------------------------------------------------------------ workflow

PATHS = {"draft": [], "in_review": ["submit"], "approved": ["submit", "approve"], "published": ["publish"],
         "unpublished": ["publish", "unpublish"]}
BECOMES = {"draft": {"submit": "in_review", "publish": "published"},
           "in_review": {"approve": "approved", "publish": "published"},
           "approved": {"publish": "published"},
           "published": {"publish": "published", "unpublish": "unpublished"},
           "unpublished": {"submit": "in_review", "publish": "published"}}


@pytest.mark.parametrize("status", PATHS)
@pytest.mark.parametrize("verb", ["submit", "approve", "publish", "unpublish"])
def test_each_status_allows_the_transitions_of_the_workflow_and_no_other(editor, reader, status, verb):
    article = editor.make_article(title=f"Passage {status} {verb}")
    for step in PATHS[status]:
        article = editor.act(article, step)
    assert article["status"] == status
    if verb in BECOMES[status]:
        after = editor.act(article, verb)
        assert after["status"] == BECOMES[status][verb]
    else:
        assert editor.act(article, verb, 409)["status_now"] == status
        after = read(editor, article)
        assert after == article, "and a refusal changes nothing"
    reader.get(f"/v1/articles/{article['slug']}", 200 if after["status"] == "published" else 404)


def test_a_save_of_an_approved_article_returns_it_to_draft(editor):
    approved = editor.act(editor.act(editor.make_article(), "submit"), "approve")
    assert editor.save(approved, title="Un titre")["status"] == "approved", "nothing changed, so the approval stands"
    assert editor.save(approved, title="Un titre changé")["status"] == "draft"


def test_publishing_a_draft_records_that_it_was_submitted_and_approved(server, editor):
    article = editor.make_article(title="En trois pas")
    editor.act(article, "publish")
    assert versions(server, article, "version", "act", "status", "changed", "account_id") == [
        ("1", "create", "draft", "{}", editor.account["id"]),
        ("2", "submit", "in_review", "{status}", editor.account["id"]),
        ("3", "approve", "approved", "{status}", editor.account["id"]),
        ("4", "publish", "published", "{status}", editor.account["id"])]


def test_readers_see_a_change_when_it_is_published_and_the_desk_knows_that_there_is_one(editor, reader):
    article = editor.act(editor.make_article(title="Version un"), "publish")
    address = f"/v1/articles/{article['slug']}"
    assert not article["has_changes"]
    changed = editor.save(article, title="Version deux")
    assert changed["has_changes"] and changed["status"] == "published"
    assert reader.get(address, 200).json()["title"] == "Version un"
    again = editor.act(changed, "publish")
    assert not again["has_changes"] and reader.get(address, 200).json()["title"] == "Version deux"
    assert not editor.act(editor.save(again, title="Trois"), "unpublish")["has_changes"], "readers see nothing of it"


def test_an_article_that_comes_back_keeps_the_day_it_was_first_published(editor, reader):
    article = editor.act(editor.make_article(title="Aller et venir"), "publish")
    first = article["published_at"]
    away = editor.act(article, "unpublish")
    assert away["published_at"] == first
    back = editor.act(editor.save(away, kicker="De retour"), "publish")
    assert back["published_at"] == first
    story = reader.get(f"/v1/articles/{article['slug']}", 200).json()
    assert story["published_at"] == first and story["kicker"] == "De retour" and story["updated_at"] > first


def test_a_change_made_by_hand_in_the_database_is_a_version_too_and_nobody_elses_work(server, editor):
    article = editor.make_article(title="À la main")
    server.sql(f"update articles set status = 'in_review' where id = '{article['id']}'")
    after = read(editor, article)
    assert after["version"] == 2 and after["status"] == "in_review" and after["updated_at"] > article["updated_at"]
    assert after["updated_by"] is None, "no account did it"
    assert versions(server, article, "version", "act", "status", "changed", "account_id")[1:] == [
        ("2", "by_hand", "in_review", "{status}", "")]
    assert editor.save(article, 412, title="x")["updated_by"] is None


def test_the_role_that_serves_cannot_rewrite_what_happened(server, editor):
    article = editor.make_article()
    for statement in ("update article_versions set act = 'x'", "delete from article_versions",
                      "update article_contents set title = 'x'", "delete from article_transitions",
                      "drop table articles", "truncate articles"):
        with pytest.raises(RuntimeError, match="permission denied|must be owner"):
            server.sql(statement, role="marbre_server")
    assert read(editor, article) == article


# ---------------------------------------------------------------------------------------------------- desk's list

def test_the_desk_lists_the_latest_change_first_and_by_status_and_section(editor, chief, filing):
    section = chief.make("sections", name="Rubrique de bureau")["slug"]
    made = [editor.make_article(title=f"Liste {n}", sections=[section]) for n in range(3)]
    editor.save(made[0], kicker="le dernier geste")
    editor.act(made[1], "submit")

    def listed(more=""):
        cards = editor.get(f"/v1/desk/articles?section={section}{more}", 200).json()["data"]
        return [card["title"] for card in cards]

    assert listed() == ["Liste 1", "Liste 0", "Liste 2"]
    assert listed("&status=draft") == ["Liste 0", "Liste 2"] and listed("&status=in_review") == ["Liste 1"]
    page = editor.get(f"/v1/desk/articles?section={section}&limit=2", 200)
    rest = editor.get(f"/v1/desk/articles?section={section}&limit=2&cursor={page.json()['next']}", 200).json()
    assert [card["title"] for card in page.json()["data"] + rest["data"]] == listed() and rest["next"] is None
    assert page.headers["Cache-Control"] == "no-store" and 'rel="next"' in page.headers["Link"]


def test_what_the_desk_reads_is_cached_by_nobody(editor):
    article = editor.make_article()
    reply = editor.get(f"/v1/desk/articles/{article['id']}", 200)
    assert reply.headers["Cache-Control"] == "no-store" and reply.headers["ETag"] == '"v1"'
    assert editor.request("HEAD", f"/v1/desk/articles/{article['id']}", 200).headers["ETag"] == '"v1"'


# ------------------------------------------------------------------------------------------------- what was complained of

def test_a_title_is_one_line_with_something_to_read_in_it(editor):
    for title in ("", "   ", "\u200b", "\u00a0\u202f", "deux\nlignes", "une\tcolonne"):
        assert faults(editor.post("/v1/desk/articles", {"title": title}, 422).json()) == ["/title"], repr(title)


def test_an_article_is_returned_to_its_author_with_a_note_and_can_be_written_again(server, editor, contributor):
    article = contributor.make_article(title="À revoir")
    submitted = contributor.act(article, "submit")
    contributor.save(submitted, 409, title="Trop tôt")
    returned = editor.post(f"/v1/desk/articles/{article['id']}/return", {"note": "Il manque la mairie."}, 200,
                           headers={"If-Match": f'"v{submitted["version"]}"'}).json()
    assert returned["status"] == "draft"
    assert server.sql(f"select act, note from article_versions where article_id = '{article['id']}'"
                      f" and version = {returned['version']}") == "return|Il manque la mairie."
    contributor.save(returned, title="Revu")
    editor.act(contributor.get(f"/v1/desk/articles/{article['id']}", 200).json(), "return", 409)


def test_publishing_what_readers_see_already_changes_nothing(reader, editor):
    published = editor.act(editor.make_article(title="Deux clics"), "publish")
    seen = reader.get(f"/v1/articles/{published['slug']}", 200)
    again = editor.act(published, "publish")
    assert again["version"] == published["version"]
    assert reader.get(f"/v1/articles/{published['slug']}", 200).headers["ETag"] == seen.headers["ETag"]


def test_a_body_made_to_be_expensive_is_refused_at_no_great_cost(server, editor, reader):
    """Each of these held a worker up for seconds to minutes, or took gigabytes."""
    import json
    hostile = [
        json.dumps({"k" * 30000: [0] * 17000}),
        json.dumps({"title": "x", "sections": [0] * 1000000}),
        json.dumps({"title": "x", "kicker": "a" + "\u0301\u0316" * 500000}, ensure_ascii=False),
        json.dumps({"title": "x", **{f"m{n}": n for n in range(100000)}}),
    ]
    for body in hostile:
        reply = editor.request("POST", "/v1/desk/articles", data=body.encode(), headers={"Content-Type": "application/json"})
        assert reply.status_code in (201, 422) and len(reply.content) < 1 << 20
    login = reader.request("POST", "/v1/auth/login", data=hostile[0].encode(), headers={"Content-Type": "application/json"})
    assert login.status_code in (413, 422)
    peak = [line for line in open(f"/proc/{server.process.pid}/status") if line.startswith("VmHWM")][0]
    assert int(peak.split()[1]) < 1500000, "kB, with a sanitizer's shadow"
