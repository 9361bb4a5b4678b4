"""Two tags that are one are merged, and nothing that named either is lost."""
import concurrent.futures
import itertools

import pytest

NOWHERE = "01890000-0000-7000-8000-000000000000"
numbers = itertools.count(1)


def make(editor, **fields):
    return editor.make("tags", **{"name": f"Étiquette {next(numbers)} à fondre", "kind": "topic", **fields})


def merge(client, tag, into, expect=200, **headers):
    return client.post(f"/v1/desk/tags/{tag['id']}/merge", {"into": into}, expect,
                       headers={"If-Match": f'"v{tag["version"]}"', **headers})


def tags_of(editor, article):
    return [tag["id"] for tag in editor.get(f"/v1/desk/articles/{article['id']}", 200).json()["tags"]]


def ids(*tags):
    return [tag["id"] for tag in tags]


def test_what_has_the_one_gets_the_other_where_the_one_stood(editor, reader):
    one, other, a, b = (make(editor) for _ in range(4))
    expected = [([a, one, b], [a, other, b]), ([one], [other]), ([one, a, other], [other, a]), ([other, a, one], [other, a]),
                ([a, one, other, b], [a, other, b]), ([a, b], [a, b])]
    articles = [editor.make_article(tags=ids(*was)) for was, _ in expected]
    answer = merge(editor, one, other["slug"])
    assert answer.json() == {**other, "aliases": [one["slug"]]} and answer.headers["ETag"] == '"v1"'
    for article, (_, becomes) in zip(articles, expected):
        assert tags_of(editor, article) == ids(*becomes)
    editor.get(f"/v1/desk/tags/{one['id']}", 404)


def test_articles_keep_their_versions_and_what_readers_see_changes_at_once(editor, reader):
    one, other = make(editor), make(editor)
    article = editor.act(editor.make_article(title="Fondu", tags=[one["slug"]]), "publish")
    draft = editor.save(editor.make_article(tags=[one["slug"]]), tags=[])
    path = f"/v1/articles/{article['slug']}"
    before = reader.get(path, 200)
    merge(editor, one, other["slug"])
    now = editor.get(f"/v1/desk/articles/{article['id']}", 200).json()
    assert {**now, "tags": []} == {**article, "tags": []} and now["version"] == article["version"]
    after = reader.get(path, 200, headers={"If-None-Match": before.headers["ETag"]})
    assert [tag["slug"] for tag in after.json()["tags"]] == [other["slug"]]
    assert editor.save(now, kicker="Encore")["version"] == article["version"] + 1, "a copy that was read before can be saved"
    assert editor.get(f"/v1/desk/articles/{draft['id']}", 200).json()["version"] == 2


def test_the_slugs_of_the_one_lead_to_the_other_and_so_on_through_the_next(editor, reader):
    first, second, third = (make(editor) for _ in range(3))
    renamed = editor.patch(f"/v1/desk/tags/{first['id']}", {"slug": f"fondue-{next(numbers)}"}, 1, 200).json()
    merge(editor, renamed, {"slug": second["slug"]})
    last = merge(editor, second, {"id": third["id"]}).json()
    old = [first["slug"], renamed["slug"], second["slug"]]
    assert last["aliases"] == sorted(old)
    for slug in old:
        moved = reader.get(f"/v1/tags/{slug}", 308)
        assert moved.headers["Location"] == f"/v1/tags/{third['slug']}" and f"tag:{third['id']}" in moved.headers["Surrogate-Key"]


def test_an_article_that_was_read_before_can_be_sent_back_after(editor):
    """Somebody has had the story open all the while, and saves all of it."""
    one, other, third = (make(editor) for _ in range(3))
    article = editor.make_article(tags=[one["slug"], third["slug"]])
    merge(editor, one, other["slug"])
    saved = editor.save(article, **{name: article[name] for name in ("title", "tags", "sections", "authors")})
    assert ids(*saved["tags"]) == ids(other, third) and saved["version"] == 1, "and nothing differs"


def test_a_tag_is_merged_into_another_that_is_there(editor):
    tag = make(editor)
    for into in (tag["slug"], tag["id"], {"id": tag["id"]}, "nulle-part", NOWHERE, {"name": "x"}):
        problem = merge(editor, tag, into, 422).json()
        assert [fault["pointer"] for fault in problem["errors"]] == ["/into"], into
    assert [fault["pointer"] for fault in merge(editor, tag, None, 422).json()["errors"]] == ["/into"]
    missing = editor.post(f"/v1/desk/tags/{tag['id']}/merge", {}, 422, headers={"If-Match": "*"}).json()
    assert [fault["pointer"] for fault in missing["errors"]] == ["/into"]


def test_a_merge_names_the_version_that_was_read(editor, chief):
    tag, other = make(editor), make(editor)
    editor.patch(f"/v1/desk/tags/{tag['id']}", {"name": "Changée entre-temps"}, 1, 200)
    assert merge(chief, tag, other["slug"], 412).json()["changed"] == ["name"]
    chief.post(f"/v1/desk/tags/{tag['id']}/merge", {"into": other["slug"]}, 428)


def test_a_merge_that_is_sent_twice_is_done_once_and_answered_twice(editor):
    tag, other = make(editor), make(editor)
    first = merge(editor, tag, other["slug"], **{"Idempotency-Key": f"fonte-{tag['id']}"})
    again = merge(editor, tag, other["slug"], **{"Idempotency-Key": f"fonte-{tag['id']}"})
    assert again.json() == first.json() and again.headers["Idempotency-Replayed"] == "true"
    merge(editor, tag, other["slug"], 404)


def test_a_merge_is_in_the_audit_of_both(editor, admin):
    tag, other = make(editor), make(editor)
    merge(editor, tag, other["slug"])
    of = [admin.get(f"/v1/desk/audit?thing={one['id']}&limit=1", 200).json()["data"][0] for one in (tag, other)]
    told = [(act["operation"], act["fields"], act["version"]) for act in of]
    assert told == [("merge_tag", ["into"], None), ("merge_tag", ["aliases"], 1)]
    assert {act["account"]["id"] for act in of} == {editor.account["id"]}


def test_of_two_parallel_merges_into_each_other_one_is_left(editor, reader):
    for _ in range(5):
        pair = [make(editor), make(editor)]
        article = editor.make_article(tags=ids(*pair))
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            both = [pool.submit(merge, editor, one, other["id"], None) for one, other in (pair, pair[::-1])]
        assert sorted(done.result().status_code for done in both) == [200, 422], "to the second, the other is already itself"
        left = pair[1 if both[0].result().status_code == 200 else 0]
        assert tags_of(editor, article) == [left["id"]]
        gone = pair[0] if left is pair[1] else pair[1]
        assert reader.get(f"/v1/tags/{gone['slug']}", 308).headers["Location"] == f"/v1/tags/{left['slug']}"


def test_of_two_parallel_merges_of_one_tag_one_is_done(editor):
    for _ in range(5):
        tag, others = make(editor), [make(editor), make(editor)]
        article = editor.make_article(tags=[tag["slug"]])
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            both = [pool.submit(merge, editor, tag, other["id"], None) for other in others]
        statuses = [done.result().status_code for done in both]
        assert sorted(statuses) == [200, 404]
        assert tags_of(editor, article) == [others[statuses.index(200)]["id"]]


def test_articles_that_are_saved_during_a_merge_lose_nothing(server, editor):
    for _ in range(5):
        one, other = make(editor), make(editor)
        article = editor.make_article(tags=[one["slug"]])
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            saved = pool.submit(editor.patch, f"/v1/desk/articles/{article['id']}", {"kicker": "Pendant la fonte"}, 1)
            made = pool.submit(editor.post, "/v1/desk/articles", {"title": "Née pendant", "tags": [one["id"]]})
            merged = pool.submit(merge, editor, one, other["slug"], None)
        assert [done.result().status_code for done in (saved, made, merged)] == [200, 201, 200]
        for reply in (saved, made):
            assert tags_of(editor, reply.result().json()) == [other["id"]]
    assert server.sql("select count(*) from article_tags x where not exists (select from tags where id = x.tag_id)") == "0"


@pytest.mark.parametrize("statement", ["insert into tag_aliases (slug, leads_to) values ('a', '{0}'), ('a', '{0}')",
                                       f"insert into tag_aliases (slug, leads_to) values ('a', '{NOWHERE}')",
                                       "insert into tag_aliases (slug, leads_to) values ('Pas un slug', '{0}')"])
def test_an_alias_leads_to_one_thing_that_is_there(server, editor, statement):
    with pytest.raises(RuntimeError, match="violates"):
        server.sql(statement.format(make(editor)["id"]))


def test_a_tag_changes_its_kind(editor, reader):
    tag = make(editor)
    changed = editor.patch(f"/v1/desk/tags/{tag['id']}", {"kind": "event"}, 1, 200).json()
    assert changed["kind"] == "event" == reader.get(f"/v1/tags/{tag['slug']}", 200).json()["kind"]
    assert editor.patch(f"/v1/desk/tags/{tag['id']}", {"kind": "animal"}, "*", 422).json()["errors"][0]["pointer"] == "/kind"
