"""What an article says beside its text, what goes with it, and what colleagues tell each other about it."""
import uuid

import pytest

import marbre

IMAGE = {"url": "https://images.example/pekin.jpg", "alt": "Deux hommes se serrent la main.", "caption": "À l’aube.",
         "credit": "Lin Yue", "width": 1600, "height": 900}
NO_SEO = {"title": None, "description": None, "canonical_url": None, "noindex": False}
NOWHERE = "01890000-0000-7000-8000-000000000000"


def faults(problem):
    return sorted(fault["pointer"] for fault in problem["errors"])


def read(client, article):
    return client.get(f"/v1/desk/articles/{article['id']}", 200).json()


def public(reader, article):
    return reader.get(f"/v1/articles/{article['slug']}", 200).json()


def ids(cards):
    return [card["id"] for card in cards]


def changed(server, article):
    """The fields of its last version."""
    return server.sql(f"select changed from article_versions where article_id = '{article['id']}' order by version desc limit 1")


# --------------------------------------------------------------------------------------------------- every field

# A value for each member that is no plain text, number or yes or no; those are made of their schemas.
FRESH = {"lang": "en-GB", "slug": f"champ-{uuid.uuid4().hex[:8]}", "body": [{**marbre.block("Un corps"), "_key": "k"}],
         "body_markdown": "## Un titre\n", "sections": ["international", "politique"], "tags": ["diplomatie"],
         "authors": [{"slug": "paul-weiss", "role": "photo"}], "seo": {"title": "Pour les moteurs"},
         "image": {"url": "https://images.example/a.jpg", "alt": "Un pont."}}
# What the desk alone sees, and what a duplicate does not begin with.
DESK_ONLY = {"assignee", "notes"}
NOT_COPIED = {"assignee", "notes", "slug"}


def fresh(name, schema, was):
    """Another value than the one that is there."""
    if name in FRESH:
        return FRESH[name]
    kinds = schema.get("type", [])
    if "boolean" in kinds:
        return not was
    if "integer" in kinds:
        return schema.get("minimum", 0) + 1
    assert "string" in kinds and not schema.keys() & {"enum", "pattern"}, f"FRESH needs a value for {name}"
    return f"Nouveau : {name}"[:schema.get("maxLength")]


def says(shown, written):
    """Whether it shows what was written: objects may have more members, and references come as cards."""
    if isinstance(written, dict):
        return all(name in shown and says(shown[name], value) for name, value in written.items())
    if isinstance(written, list):
        return len(shown) == len(written) and all(map(says, shown, written))
    if isinstance(shown, dict):
        return written in (shown["id"], shown.get("slug"))
    return shown == written


def test_every_field_that_can_be_written_is_saved_alone_and_shown(server, editor, reader, filing):
    """Every field of the contract, so one that is added is walked as well: saved, named by the version, shown to the desk and to
    readers, and kept by the version and by a duplicate."""
    resolve = server.contract.resolve
    patch = resolve({"$ref": "#/components/schemas/ArticlePatch"})["properties"]
    public = resolve({"$ref": "#/components/schemas/Article"})["properties"]
    written = {}
    related = editor.act(editor.make_article(title="À côté"), "publish")
    article = editor.act(editor.make_article(title="Champ après champ"), "publish")
    path = f"/v1/desk/articles/{article['id']}"
    for name, schema in patch.items():
        if schema.get("readOnly") or name == "date":  # which readers were told; test_markdown.py has its story
            continue
        of_others = {"related": [related["id"]], "assignee": editor.account["id"]}
        value = of_others.get(name) or fresh(name, resolve(schema), article.get(name))
        saved = editor.save(article, **{name: value})
        assert saved["version"] == article["version"] + 1, f"{name} was not saved"
        newest = editor.get(f"{path}/versions?limit=1", 200).json()["data"][0]
        assert newest["changed"] == ["body" if name == "body_markdown" else name]
        form = "?body=markdown" if name == "body_markdown" else ""
        desk = editor.get(path + form, 200).json()
        assert says(desk[name], value) or form and desk[name].startswith(value), f"{name} at the desk: {desk[name]}"
        again = editor.save(saved, **{name: desk[name]})
        assert again["version"] == saved["version"], f"the same {name} is no change"
        article = editor.act(saved, "publish")
        assert (name in public) == (name not in DESK_ONLY), name
        if name in public:
            shown = reader.get(f"/v1/articles/{article['slug']}{form}", 200).json()[name]
            assert says(shown, value), f"{name} to readers: {shown}"
        written[name] = value
    written.pop("body"), written.pop("body_markdown")  # the last of them is the body
    assert len(written) > 10
    then = editor.get(f"{path}/versions/{article['version']}", 200).json()
    copy = editor.post(f"{path}/duplicate", {}, 201).json()
    assert [name for name in written if name not in DESK_ONLY and not says(then[name], written[name])] == []
    assert {name for name in written if not says(copy[name], written[name])} <= NOT_COPIED


# ------------------------------------------------------------------------------------------------- image and seo

def test_an_article_without_an_image_has_none_and_search_engines_are_told_nothing(editor):
    article = editor.make_article()
    assert article["image"] is None and article["seo"] == NO_SEO and article["no_sponsorship"] is False
    assert [article[name] for name in ("corrections", "related", "unresolved")] == [[], [], []]
    assert article["assignee"] is None and article["notes"] is None


def test_readers_see_the_image_and_the_rest_once_it_is_published(editor, reader):
    seo = {"title": "Pour les moteurs", "description": "Une description.", "canonical_url": "https://agence.example/a",
           "noindex": True}
    article = editor.make_article(image=IMAGE, seo=seo, no_sponsorship=True)
    assert (article["image"], article["seo"], article["no_sponsorship"]) == (IMAGE, seo, True)
    published = editor.act(article, "publish")
    editor.save(published, image=None, seo=None, no_sponsorship=False)
    story = public(reader, article)
    assert (story["image"], story["seo"], story["no_sponsorship"]) == (IMAGE, seo, True), "until it is published again"
    assert story["corrections"] == [] and story["related"] == []


def test_an_image_is_changed_member_by_member_and_taken_away_by_null(server, editor):
    article = editor.make_article(image={"url": IMAGE["url"], "alt": IMAGE["alt"]})
    assert article["image"] == {**IMAGE, "caption": None, "credit": None, "width": None, "height": None}
    article = editor.save(article, image={"caption": "Une légende.", "width": 800})
    assert article["image"] == {**IMAGE, "caption": "Une légende.", "credit": None, "width": 800, "height": None}
    article = editor.save(article, image={"caption": None, "height": 600.0})
    assert article["image"]["caption"] is None and article["image"]["height"] == 600 and article["image"]["width"] == 800
    assert changed(server, article) == "{image}"
    assert editor.save(article, image={}) == article and editor.save(article, image=article["image"]) == article
    assert editor.save(article, image=None)["image"] is None


def test_an_image_has_an_address_of_the_web_and_says_what_is_to_be_seen(editor):
    def refused(image):
        return faults(editor.post("/v1/desk/articles", {"title": "Image", "image": image}, 422).json())

    assert refused({}) == ["/image/alt", "/image/url"] and refused({"alt": "x"}) == ["/image/url"]
    for address in ("javascript:alert(1)", "ftp://a/b", "/relative.jpg", "https://", "data:image/png;base64,xx", ""):
        assert refused({**IMAGE, "url": address}) == ["/image/url"], address
    assert refused({**IMAGE, "alt": "  "}) == ["/image/alt"] and refused({**IMAGE, "width": 0}) == ["/image/width"]
    article = editor.make_article()
    problem = editor.save(article, 422, image={"caption": "De rien"}, tags=["nulle-part"])
    assert faults(problem) == ["/image/alt", "/image/url", "/tags/0"], "all of it in one answer"
    with_image = editor.save(article, image=IMAGE)
    assert faults(editor.save(with_image, 422, image={"url": None, "alt": None})) == ["/image/alt", "/image/url"]
    assert faults(editor.save(with_image, 422, seo={"noindex": None}, no_sponsorship=None)) == ["/no_sponsorship", "/seo/noindex"]
    assert faults(editor.save(with_image, 422, seo={"canonical_url": "mailto:a@b"})) == ["/seo/canonical_url"]


def test_what_search_engines_are_told_is_changed_member_by_member(server, editor):
    article = editor.save(editor.make_article(seo={"title": "Un"}), seo={"noindex": True})
    assert article["seo"] == {**NO_SEO, "title": "Un", "noindex": True} and changed(server, article) == "{seo}"
    assert editor.save(article, seo={"title": None})["seo"] == {**NO_SEO, "noindex": True}
    assert editor.save(read(editor, article), seo=None)["seo"] == NO_SEO


def test_corrections_are_not_written_by_a_save(editor):
    article = editor.make_article()
    assert editor.save(article, corrections=[]) == article
    wrong = [{"at": "2026-01-01T00:00:00.000Z", "text": "x", "kind": "correction"}]
    assert faults(editor.save(article, 422, corrections=wrong)) == ["/corrections"]
    assert faults(editor.post("/v1/desk/articles", {"title": "x", "corrections": []}, 422).json()) == ["/corrections"]


# ------------------------------------------------------------------------------------------------------- related

def test_what_goes_with_an_article_is_kept_and_readers_see_what_is_public(editor, reader):
    draft, public_one = editor.make_article(title="Pas encore"), editor.act(editor.make_article(title="Déjà"), "publish")
    article = editor.make_article(title="Avec d’autres", related=[draft["slug"], {"id": public_one["id"]}])
    assert ids(article["related"]) == [draft["id"], public_one["id"]], "in the order that the editor chose"
    assert article["unresolved"] == [{"field": "related", "id": draft["id"], "slug": draft["slug"], "title": "Pas encore"}]
    article = editor.act(article, "publish")
    [card] = public(reader, article)["related"]
    assert (card["id"], card["title"]) == (public_one["id"], "Déjà") and card["url"].endswith(public_one["slug"])
    keys = reader.get(f"/v1/articles/{article['slug']}", 200).headers["Surrogate-Key"].split()
    assert {f"article:{one['id']}" for one in (article, draft, public_one)} <= set(keys)
    editor.act(draft, "publish")
    assert ids(public(reader, article)["related"]) == [draft["id"], public_one["id"]], "nothing had to be done to it"
    assert read(editor, article)["unresolved"] == [] and not read(editor, article)["has_changes"]
    editor.act(public_one, "unpublish")
    assert ids(public(reader, article)["related"]) == [draft["id"]]


def test_readers_see_a_related_article_as_it_was_published(editor, reader):
    other = editor.act(editor.make_article(title="Titre public"), "publish")
    article = editor.act(editor.make_article(related=[other["id"]]), "publish")
    editor.save(other, title="Titre de travail", slug="adresse-de-travail")
    assert public(reader, article)["related"][0]["title"] == "Titre public"
    assert public(reader, article)["related"][0]["slug"] == other["slug"]
    assert read(editor, article)["related"][0]["title"] == "Titre de travail"


def test_a_related_article_that_is_nowhere_twice_or_the_same_is_refused(editor):
    other, article = editor.make_article(), editor.make_article()
    problem = editor.save(article, 422, related=[other["id"], NOWHERE, other["slug"], article["slug"], "nulle-part", {"title": "x"}])
    assert faults(problem) == [f"/related/{n}" for n in (1, 2, 3, 4, 5)]
    assert faults(editor.save(article, 422, related=[other["id"]] * 21)) == ["/related"]
    assert faults(editor.save(article, 422, related=None)) == ["/related"]
    many = [editor.make_article(title=f"Vingt {n}")["id"] for n in range(20)]
    assert ids(editor.save(article, related=many)["related"]) == many


def test_whoever_may_not_know_of_an_article_does_not_learn_of_it_by_naming_it(editor, contributor):
    secret = editor.make_article(title="Secret")
    mine = contributor.make_article()
    assert faults(contributor.save(mine, 422, related=[secret["id"]])) == ["/related/0"]
    chosen = editor.save(mine, related=[secret["id"]])
    seen = read(contributor, mine)
    assert seen["related"] == [{"id": secret["id"], "slug": None, "title": None}]
    assert seen["unresolved"] == [{"field": "related", "id": secret["id"], "slug": None, "title": None}]
    kept = contributor.save(chosen, kicker="Sans y toucher", related=seen["related"])
    assert kept["related"] == seen["related"], "what was there may stay"
    editor.act(secret, "publish")
    assert read(contributor, mine)["related"][0]["title"] == "Secret"


def test_a_related_draft_that_is_deleted_stays_named_until_an_editor_takes_it_out(editor, reader):
    draft = editor.make_article(title="Bientôt parti")
    article = editor.act(editor.make_article(related=[draft["id"]]), "publish")
    editor.request("DELETE", f"/v1/desk/articles/{draft['id']}", 204, headers={"If-Match": '"v1"'})
    after = read(editor, article)
    assert after["version"] == article["version"] and after["related"] == [{"id": draft["id"], "slug": None, "title": None}]
    assert after["unresolved"] == [{"field": "related", "id": draft["id"], "slug": None, "title": None}]
    assert public(reader, article)["related"] == []
    assert editor.save(after, related=after["related"])["version"] == after["version"]
    assert editor.save(after, related=[])["unresolved"] == []


def test_links_in_the_body_that_lead_to_nothing_public_are_told_too(editor):
    draft = editor.make_article(title="Pas encore")
    link = {"_key": "k", "_type": "internal_link", "article": draft["id"]}
    body = [{"_type": "block", "children": [marbre.span("ici", "k")], "markDefs": [link]}] * 2
    article = editor.make_article(body=[{**block} for block in body])
    assert article["unresolved"] == [{"field": "body", "id": draft["id"], "slug": draft["slug"], "title": "Pas encore"}]
    editor.act(draft, "publish")
    assert read(editor, article)["unresolved"] == []


# -------------------------------------------------------------------------------------------- assignee and notes

def test_colleagues_are_told_who_sees_to_it_and_what_to_mind(server, editor, reader, contributor):
    me = {"id": contributor.account["id"], "name": contributor.account["name"]}
    article = editor.make_article(notes="Attendre la mairie.", assignee=me["id"])
    assert article["assignee"] == me and article["notes"] == "Attendre la mairie."
    article = editor.save(article, notes="La mairie a répondu.")
    assert article["assignee"] == me and changed(server, article) == "{notes}"
    article = editor.save(article, assignee=None)
    assert article["assignee"] is None and changed(server, article) == "{assignee}"
    article = editor.act(editor.save(article, assignee=me), "publish")
    text = reader.get(f"/v1/articles/{article['slug']}", 200).text
    assert "mairie" not in text and me["id"] not in text, "readers are told nothing of it"
    kept = server.sql(f"select count(*) from article_contents where article_id = '{article['id']}'")
    assert kept == "1", "none of it is content"


def test_a_note_neither_ends_an_approval_nor_has_to_be_published(editor):
    approved = editor.act(editor.act(editor.make_article(), "submit"), "approve")
    noted = editor.save(approved, notes="Bon à tirer.")
    assert noted["status"] == "approved" and noted["version"] == approved["version"] + 1
    published = editor.act(noted, "publish")
    assert not editor.save(published, notes="Parti.", assignee=editor.account["id"])["has_changes"]
    both = editor.save(read(editor, published), notes="Encore", title="Un titre revu")
    assert both["has_changes"] and both["notes"] == "Encore"


def test_a_stale_save_learns_of_notes(editor, chief):
    article = editor.make_article()
    chief.save(article, notes="Vu.", assignee=chief.account["id"])
    assert editor.save(article, 412, title="Trop tard")["changed"] == ["assignee", "notes"]


def test_only_a_colleague_who_works_on_stories_sees_to_one(server, editor, admin):
    sales, article = server.client("sales"), editor.make_article()
    key = admin.post("/v1/desk/api-keys", {"name": "Automate", "role": "editor"}, 201).json()["api_key"]
    gone = server.make_account(f"parti-{uuid.uuid4()}@champs.test")
    kept = editor.save(editor.make_article(), assignee=gone.account["id"])
    admin.post(f"/v1/desk/accounts/{gone.account['id']}/disable", {}, 200, headers={"If-Match": "*"})
    for nobody in (NOWHERE, sales.account["id"], key["id"], gone.account["id"]):
        assert faults(editor.save(article, 422, assignee=nobody)) == ["/assignee"]
    assert faults(editor.save(article, 422, assignee="camille-roche")) == ["/assignee"]
    assert editor.save(kept, assignee=kept["assignee"], kicker="Toujours")["assignee"]["id"] == gone.account["id"]


# ------------------------------------------------------------------------------------------------------- actions

EVERYTHING = {"draft": ["patch", "submit", "publish", "duplicate", "delete"],
              "in_review": ["patch", "return", "approve", "publish", "duplicate"],
              "approved": ["patch", "return", "publish", "duplicate"],
              "published": ["patch", "publish", "unpublish", "duplicate"],
              "unpublished": ["patch", "submit", "publish", "duplicate"]}
PATHS = {"draft": [], "in_review": ["submit"], "approved": ["submit", "approve"], "published": ["publish"],
         "unpublished": ["publish", "unpublish"]}


def attempt(client, article, action):
    """The status with which an action is answered."""
    path = f"/v1/desk/articles/{article['id']}"
    headers = {"If-Match": f'"v{article["version"]}"'}
    if action == "patch":
        return client.patch(path, {"kicker": "Essai"}, article["version"]).status_code
    if action == "delete":
        return client.request("DELETE", path, headers=headers).status_code
    return client.post(f"{path}/{action}", {}, headers=headers).status_code


@pytest.mark.parametrize("status", PATHS)
def test_an_article_says_what_an_editor_may_do_with_it_and_nothing_else_can_be_done(editor, status):
    for action in ("patch", "submit", "return", "approve", "publish", "unpublish", "duplicate", "delete"):
        article = editor.make_article(title=f"Actes {status}")
        for step in PATHS[status]:
            article = editor.act(article, step)
        assert article["actions"] == EVERYTHING[status]
        assert (attempt(editor, article, action) < 300) == (action in EVERYTHING[status]), action


@pytest.mark.parametrize("status", PATHS)
def test_an_article_says_what_whoever_wrote_it_may_do(editor, contributor, status):
    for action in ("patch", "submit", "return", "approve", "publish", "unpublish", "duplicate", "delete"):
        article = contributor.make_article(title=f"À moi {status}")
        for step in PATHS[status]:
            article = editor.act(article, step)
        allowed = read(contributor, article)["actions"]
        assert allowed == (["patch", "submit", "duplicate", "delete"] if status == "draft" else ["duplicate"])
        assert (attempt(contributor, article, action) < 300) == (action in allowed), action


def test_what_was_public_once_is_no_draft_to_be_deleted(editor):
    article = editor.act(editor.act(editor.make_article(), "publish"), "unpublish")
    draft = editor.act(editor.act(article, "submit"), "return")
    assert draft["status"] == "draft" and "delete" not in draft["actions"]
    assert attempt(editor, draft, "delete") == 409


def test_what_get_gives_patch_takes_whatever_has_happened_to_others(editor):
    draft = editor.make_article(title="Bientôt public")
    article = editor.make_article(image=IMAGE, seo={"title": "T"}, related=[draft["id"]], notes="N",
                                  assignee=editor.account["id"], no_sponsorship=True)
    assert editor.patch(f"/v1/desk/articles/{article['id']}", article, 1, 200).json() == article
    editor.act(draft, "publish")
    after = editor.patch(f"/v1/desk/articles/{article['id']}", article, 1, 200).json()
    assert after["version"] == 1 and after["unresolved"] == []


def test_the_list_tells_what_a_colleague_has_to_do_and_may(editor, contributor):
    article = contributor.save(contributor.make_article(image=IMAGE), notes="À relire.", assignee=editor.account["id"])
    for client in (editor, contributor):
        whole = read(client, article)
        card = next(card for card in client.get("/v1/desk/articles?limit=5", 200).json()["data"] if card["id"] == article["id"])
        assert card == {name: whole[name] for name in card} | {"authors": []}
    assert {"image", "no_sponsorship", "assignee", "notes", "actions"} <= set(card)
