"""What an article was: its versions. How it goes, when readers never saw it; and how another one begins with what it says."""
import concurrent.futures
import uuid

import pytest

import marbre

NOWHERE = "01890000-0000-7000-8000-000000000000"
# What an article does not share with the one that it was copied from; everything else it does.
OF_EACH_COPY = {"id", "slug", "url", "version", "status", "has_changes", "actions", "published_at", "created_at", "created_by",
                "updated_at", "updated_by", "assignee", "notes"}


def read(client, article, form="blocks"):
    return client.get(f"/v1/desk/articles/{article['id']}?body={form}", 200).json()


def versions(client, article, query=""):
    return client.get(f"/v1/desk/articles/{article['id']}/versions{query}", 200).json()


def version(client, article, number, expect=200, form="blocks"):
    return client.get(f"/v1/desk/articles/{article['id']}/versions/{number}?body={form}", expect).json()


def delete(client, article, expect=204, if_match=None):
    headers = {"If-Match": if_match or f'"v{article["version"]}"'}
    return client.request("DELETE", f"/v1/desk/articles/{article['id']}", expect, headers=headers)


def duplicate(client, article, expect=201, **headers):
    return client.post(f"/v1/desk/articles/{article['id']}/duplicate", {}, expect, headers=headers)


def acts(server, article):
    return server.sql(f"select operation, version from audit where thing = '{article['id']}' order by at, id").splitlines()


# ------------------------------------------------------------------------------------------------------ versions

def test_every_version_says_who_did_what_when_and_which_fields_it_changed(editor, contributor):
    article = contributor.make_article(title="Un")
    article = contributor.save(article, title="Deux", kicker="K")
    article = contributor.act(article, "submit")
    article = editor.post(f"/v1/desk/articles/{article['id']}/return", {"note": "Il manque la mairie."}, 200,
                          headers={"If-Match": '"v3"'}).json()
    listed = versions(contributor, article)
    assert listed["next"] is None
    assert [(one["version"], one["act"], one["status"], one["changed"]) for one in listed["data"]] == [
        (4, "return", "draft", ["status"]), (3, "submit", "in_review", ["status"]),
        (2, "save", "draft", ["kicker", "title"]), (1, "create", "draft", [])]
    assert [one["account"]["id"] for one in listed["data"]] == [editor.account["id"]] + [contributor.account["id"]] * 3
    assert [one["note"] for one in listed["data"]] == ["Il manque la mairie.", None, None, None]
    assert listed["data"][0]["at"] == article["updated_at"] and listed["data"][3]["at"] == article["created_at"]


def test_versions_come_page_by_page_and_a_cursor_is_good_for_its_article_only(editor):
    article, other = editor.make_article(), editor.make_article()
    for number in range(6):
        article, other = editor.save(article, kicker=f"{number}"), editor.save(other, kicker=f"{number}")
    found, query = [], "?limit=3"
    while True:
        page = versions(editor, article, query)
        found += [one["version"] for one in page["data"]]
        if not page["next"]:
            break
        query = f"?limit=3&cursor={page['next']}"
    assert found == [7, 6, 5, 4, 3, 2, 1]
    cursor = versions(editor, article, "?limit=3")["next"]
    problem = editor.get(f"/v1/desk/articles/{other['id']}/versions?limit=3&cursor={cursor}", 400).json()
    assert [fault["pointer"] for fault in problem["errors"]] == ["?cursor"]


def test_a_version_is_read_whole_as_it_was(editor, filing):
    other = editor.make_article(title="À côté")
    image = {"url": "https://images.example/a.jpg", "alt": "Un pont."}
    first = editor.make_article(title="D’abord", lang="fr", kicker="K", standfirst="S", teaser="T", body=[marbre.block("Corps un")],
                                sections=["politique"], tags=["chine"], authors=["nadia-morel"], image=image,
                                seo={"noindex": True}, no_sponsorship=True, related=[other["id"]])
    later = editor.save(first, title="Ensuite", kicker=None, body=[marbre.block("Corps deux")], sections=[], tags=[], authors=[],
                        image=None, seo=None, no_sponsorship=False, related=[], slug=f"ensuite-{uuid.uuid4().hex[:8]}")
    was = version(editor, first, 1)
    same = (was.keys() & first.keys()) - {"version", "status"}
    assert same >= {"title", "body", "sections", "image", "seo", "related", "word_count"}
    assert {name: was[name] for name in same} == {name: first[name] for name in same}
    assert (was["version"], was["act"], was["changed"]) == (1, "create", [])
    assert {name: version(editor, first, 2)[name] for name in same} == {name: later[name] for name in same}
    assert "Corps un</p>" in version(editor, first, 1, form="html")["body_html"]
    assert version(editor, first, 1, form="text")["body_text"].strip() == "Corps un"


def test_a_version_that_never_was_is_not_found_and_what_is_no_number_is_told(editor, contributor):
    article = editor.make_article()
    version(editor, article, 2, 404)
    for wrong in ("0", "-1", "1.5", "un", "99999999999999999999", "2147483648"):
        assert [fault["pointer"] for fault in version(editor, article, wrong, 400)["errors"]] == ["{n}"], wrong
    version(contributor, article, 1, 404)
    contributor.get(f"/v1/desk/articles/{article['id']}/versions", 404)
    editor.get(f"/v1/desk/articles/{NOWHERE}/versions", 404)


# -------------------------------------------------------------------------------------------------------- delete

def test_a_draft_goes_with_its_history_and_its_slug_is_free_again(server, editor):
    slug = f"parti-{uuid.uuid4().hex[:8]}"
    article = editor.save(editor.make_article(slug=slug, body=[marbre.block("Corps")]), kicker="K")
    delete(editor, article)
    editor.get(f"/v1/desk/articles/{article['id']}", 404)
    delete(editor, article, 404)
    for table in ("article_contents", "article_versions", "article_slugs", "desk_listings"):
        assert server.sql(f"select count(*) from {table} where article_id = '{article['id']}'") == "0", table
    assert acts(server, article)[-1] == "delete_article|2", "who did it is known for ever"
    assert editor.make_article(slug=slug)["slug"] == slug


def test_whoever_wrote_a_draft_may_delete_it_while_it_is_one(editor, contributor):
    article = contributor.make_article()
    other = editor.make_article()
    delete(contributor, other, 404)
    submitted = contributor.act(article, "submit")
    assert delete(contributor, submitted, 409).json()["status_now"] == "in_review"
    assert "return" in delete(editor, submitted, 409).json()["detail"]
    delete(contributor, editor.act(submitted, "return"))


def test_what_readers_have_seen_is_not_deleted_but_unpublished(editor, reader):
    article = editor.act(editor.make_article(), "publish")
    problem = delete(editor, article, 409).json()
    assert "unpublish" in problem["detail"] and problem["status_now"] == "published"
    reader.get(f"/v1/articles/{article['slug']}", 200)
    away = editor.act(article, "unpublish")
    assert "unpublish" in delete(editor, away, 409).json()["detail"]
    assert read(editor, away) == away


def test_a_deletion_names_the_version_that_was_read(editor, chief):
    article = editor.make_article()
    chief.save(article, kicker="Pas vu")
    editor.request("DELETE", f"/v1/desk/articles/{article['id']}", 428)
    assert delete(editor, article, 412).json()["changed"] == ["kicker"]
    delete(editor, article, if_match="*")


def test_a_save_and_a_deletion_at_once_leave_one_winner(server):
    saver, deleter = marbre.Client(server, "editor"), marbre.Client(server, "chief")
    outcomes = set()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for _ in range(15):
            article = saver.make_article(title="Course")
            path, version_read = f"/v1/desk/articles/{article['id']}", {"If-Match": '"v1"'}
            one = pool.submit(saver.patch, path, {"kicker": "Gardé", "slug": f"course-{uuid.uuid4().hex}"}, 1)
            other = pool.submit(deleter.request, "DELETE", path, headers=version_read)
            outcome = one.result().status_code, other.result().status_code
            outcomes.add(outcome)
            assert saver.get(path).status_code == (200 if outcome[0] == 200 else 404)
    assert outcomes <= {(200, 412), (404, 204)}, "never both, and neither is told a fairy tale"


# ----------------------------------------------------------------------------------------------------- duplicate

def test_another_article_begins_with_what_this_one_says(server, editor, contributor, filing):
    related = editor.make_article()
    article = editor.make_article(title="Élection : les résultats", kicker="K", standfirst="S", teaser="T", lang="en",
                                  body=[marbre.block("Corps")], sections=["politique", "international"], tags=["chine"],
                                  authors=[{"slug": "nadia-morel", "bio": "Ici."}], related=[related["id"]], no_sponsorship=True,
                                  image={"url": "https://images.example/a.jpg", "alt": "Un pont."}, seo={"title": "T"},
                                  assignee=contributor.account["id"], notes="N")
    article = editor.act(article, "publish")
    reply = duplicate(editor, article)
    copy = reply.json()
    assert reply.headers["Location"] == f"/v1/desk/articles/{copy['id']}" and reply.headers["ETag"] == '"v1"'
    assert copy["id"] != article["id"] and copy["slug"] == article["slug"] + "-2" and read(editor, copy) == copy
    assert copy["status"] == "draft" and copy["version"] == 1 and copy["published_at"] is None
    assert copy.keys() == article.keys()
    assert {name for name in copy if copy[name] != article[name]} <= OF_EACH_COPY
    assert copy["assignee"] is None and copy["notes"] is None and copy["created_by"]["id"] == editor.account["id"]
    for form in ("html", "text"):
        assert read(editor, copy, form)[f"body_{form}"] == read(editor, article, form)[f"body_{form}"]
    assert [one["act"] for one in versions(editor, copy)["data"]] == ["duplicate"]
    assert acts(server, copy) == ["duplicate_article|1"]
    editor.save(copy, title="Tout autre chose")
    assert read(editor, article)["title"] == "Élection : les résultats"


def test_each_copy_has_a_slug_of_its_own_also_a_copy_of_a_copy(editor):
    article = editor.make_article(slug="bilan-2027")
    copies = [duplicate(editor, article).json() for _ in range(2)]
    copies.append(duplicate(editor, copies[0]).json())
    assert [copy["slug"] for copy in copies] == ["bilan-2027-2", "bilan-2027-3", "bilan-2027-4"]
    assert duplicate(editor, editor.make_article(slug="mai-68")).json()["slug"] == "mai-68-2"


def test_a_contributor_copies_their_own(editor, contributor):
    duplicate(contributor, editor.make_article(), 404)
    published = editor.act(contributor.make_article(title="De moi"), "publish")
    copy = duplicate(contributor, published).json()
    assert copy["created_by"]["id"] == contributor.account["id"] and copy["actions"] == ["patch", "submit", "duplicate", "delete"]


def test_two_who_copy_at_once_get_two_articles(server):
    clients = [marbre.Client(server, "editor") for _ in range(6)]
    article = clients[0].make_article(title="À copier ensemble")
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        copies = [reply.json() for reply in pool.map(lambda client: duplicate(client, article), clients)]
    assert sorted(copy["slug"] for copy in copies) == [f"a-copier-ensemble-{n}" for n in range(2, 8)]


def test_a_copy_that_is_asked_for_twice_with_one_key_is_made_once(server):
    clients = [marbre.Client(server, "editor") for _ in range(4)]
    article, key = clients[0].make_article(title="Une seule copie"), str(uuid.uuid4())

    def ask(client):
        return client.post(f"/v1/desk/articles/{article['id']}/duplicate", {}, headers={"Idempotency-Key": key})

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(ask, clients))
    assert {reply.status_code for reply in replies} <= {201, 409} and any(reply.status_code == 201 for reply in replies)
    again = ask(clients[0])
    assert again.status_code == 201 and again.headers["Idempotency-Replayed"] == "true"
    made = {reply.headers["Location"] for reply in [*replies, again] if reply.status_code == 201}
    assert len(made) == 1 and again.headers["Location"].endswith(again.json()["id"])
    other = clients[0].make_article()
    clients[0].post(f"/v1/desk/articles/{other['id']}/duplicate", {}, 422, headers={"Idempotency-Key": key})


@pytest.mark.parametrize("n", range(3))
def test_a_copy_of_what_is_being_deleted_is_made_whole_or_not_at_all(server, n):
    copier, deleter = marbre.Client(server, "editor"), marbre.Client(server, "chief")
    article = copier.make_article(title="Copie ou rien", body=[marbre.block("Corps")])
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        copied, deleted = pool.submit(duplicate, copier, article, None), pool.submit(delete, deleter, article, 204)
    assert deleted.result().status_code == 204 and copied.result().status_code in (201, 404)
    if copied.result().status_code == 201:
        assert read(copier, copied.result().json())["body"] == article["body"]


# --------------------------------------------------------------------------------------------------------- merge

def merge(client, article, expect=200, if_match=None, prefer="merge", **fields):
    headers = {"If-Match": if_match or f'"v{article["version"]}"', "Prefer": prefer}
    return client.request("PATCH", f"/v1/desk/articles/{article['id']}", expect, json=fields, headers=headers).json()


def test_a_save_of_other_fields_is_put_on_top_when_that_is_preferred(editor, chief):
    article = editor.make_article(kicker="un", image={"url": "https://images.example/a.jpg", "alt": "Un pont."})
    chief.save(chief.save(article, title="Le titre du chef"), notes="Vu.")
    assert editor.save(article, 412, kicker="deux")["changed"] == ["notes", "title"], "unless it is not asked for"
    merged = merge(editor, article, kicker="deux", image={"caption": "À l’aube."})
    assert (merged["version"], merged["title"], merged["kicker"], merged["notes"]) == (4, "Le titre du chef", "deux", "Vu.")
    assert merged["image"]["alt"] == "Un pont." and merged["image"]["caption"] == "À l’aube."
    assert versions(editor, article)["data"][0]["changed"] == ["kicker", "image"]


def test_a_save_of_a_field_that_has_changed_is_refused_whatever_is_preferred(editor, chief):
    article = editor.make_article(kicker="un")
    chief.save(article, title="Le titre du chef", kicker="deux")
    problem = merge(editor, article, 412, kicker="trois", standfirst="S")
    assert problem["version"] == 2 and problem["changed"] == ["kicker", "title"]
    assert merge(editor, article, prefer="respond-async, Merge;x=1", standfirst="S")["version"] == 3
    for prefer in ("return=minimal", "merger", "no-merge", ""):
        merge(editor, article, 412, prefer=prefer, teaser="T")
    for unheard in ('"v7"', '"else"', '"v0"'):
        merge(editor, article, 412, if_match=unheard, teaser="T")


def test_what_is_preferred_gives_nobody_a_right(editor, contributor):
    article = contributor.make_article()
    submitted = contributor.act(article, "submit")
    assert merge(contributor, article, 409, kicker="Après coup")["status_now"] == "in_review"
    approved = editor.act(submitted, "approve")
    assert merge(editor, submitted, kicker="Relu")["status"] == "draft", "nobody has approved that"
    assert approved["status"] == "approved"
    merge(contributor, editor.make_article(), 404, kicker="x", if_match='"v1"')


def test_two_who_save_different_fields_at_once_both_succeed(server):
    clients = [marbre.Client(server, "editor"), marbre.Client(server, "chief")]
    article = clients[0].make_article()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for n in range(10):
            saves = [pool.submit(merge, client, article, None, **{name: f"{n}"}) for client, name in zip(clients, ("kicker", "teaser"))]
            assert {save.result().get("status") for save in saves} == {"draft"}
            article = read(clients[0], article)
            assert (article["kicker"], article["teaser"]) == (f"{n}", f"{n}") and article["version"] == 2 * n + 3
