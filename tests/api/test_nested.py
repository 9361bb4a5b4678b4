"""A thing that is part of another, `/v1/desk/articles/{id}/notes/{note}`: what it is called by, what it answers to, and what is
written down of it. The resource is the tests' own (tests/nested); the server is a release that has it."""
import concurrent.futures
import os
import pathlib
import uuid

import pytest

import marbre
import operations
import parts


@pytest.fixture(scope="module")
def house(scratch):
    path = pathlib.Path(os.environ.get("MARBRE_NESTED") or pathlib.Path(marbre.binary()).with_name("marbre_nested"))
    if not path.exists():
        pytest.skip(f"there is no {path}")
    before = os.environ.get("MARBRE_BINARY")
    os.environ["MARBRE_BINARY"] = str(path)
    try:
        house = marbre.Server.dev(scratch / "nested", "--empty", fresh=True)  # a template of this release would be none for others
    finally:
        os.environ.pop("MARBRE_BINARY")
        if before:
            os.environ["MARBRE_BINARY"] = before
    yield house
    assert house.stop() == 0


@pytest.fixture(scope="module")
def editor(house):
    return house.client("editor")


@pytest.fixture(scope="module")
def article(house, editor):
    return editor.make_article(title="Annoté")


def note(editor, article, text="Chiffres à vérifier.", **headers):
    return editor.post(f"/v1/desk/articles/{article['id']}/notes", {"text": text}, 201, headers=headers)


def address(article, made):
    return f"/v1/desk/articles/{article['id']}/notes/{made['id']}"


def audited(house, made):
    rows = house.sql(f"select operation, kind, version from marbre.audit where thing = '{made['id']}' order by at, id")
    return [tuple(row.split("|")) for row in rows.strip().splitlines()]


def test_what_is_made_in_a_thing_is_found_where_its_location_says(editor, article):
    reply = note(editor, article)
    made = reply.json()
    assert reply.headers["Location"] == address(article, made) and made["article"] == article["id"]
    assert made["created_by"]["id"] == editor.account["id"] and reply.headers["ETag"] == '"v1"'
    assert editor.get(reply.headers["Location"], 200).json() == made


def test_a_part_answers_under_its_own_whole_and_under_no_other(editor, article):
    made, other = note(editor, article).json(), editor.make_article(title="Un autre")
    editor.get(address(other, made), 404)
    editor.patch(address(other, made), {"text": "Ailleurs."}, 1, 404)
    editor.get(f"/v1/desk/articles/{made['id']}/notes/{article['id']}", 404)  # the path's order, not the contract's
    note_of_nothing = {"id": str(uuid.uuid4())}
    editor.post(f"/v1/desk/articles/{note_of_nothing['id']}/notes", {"text": "Où ?"}, 404)


def test_the_audit_knows_the_part_and_not_the_whole(house, editor, article):
    made = note(editor, article).json()
    changed = editor.patch(address(article, made), {"text": "Chiffres vérifiés."}, 1, 200)
    assert changed.json()["version"] == 2 and changed.headers["ETag"] == '"v2"'
    problem = editor.patch(address(article, made), {"text": "Trop tard."}, 1, 412).json()
    assert problem["version"] == 2 and problem["updated_by"]["name"] == "Camille Roche" and problem["changed"] == ["text"]
    editor.request("DELETE", address(article, made), 204, headers={"If-Match": '"v2"'})
    editor.get(address(article, made), 404)
    assert audited(house, made) == [("create_article_note", "article_notes", "1"), ("patch_article_note", "article_notes", "2"),
                                    ("delete_article_note", "article_notes", "2")]
    assert not [row for row in audited(house, article) if "note" in row[0]]


def test_a_repeated_post_answers_with_the_same_part(editor, article):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first, again = note(editor, article, **key), note(editor, article, **key)
    assert again.headers["Idempotency-Replayed"] == "true" and again.json() == first.json()
    assert again.headers["Location"] == first.headers["Location"] == address(article, first.json())


def test_what_get_gives_of_a_part_patch_takes(editor, article):
    made = note(editor, article).json()
    same = editor.patch(address(article, made), made, 1, 200)
    assert same.json() == made, "and nothing has changed"
    wrong = {"article": made["id"], "created_by": {"id": made["id"], "name": "x"}}
    problem = editor.patch(address(article, made), wrong, 1, 422).json()
    assert sorted(fault["pointer"] for fault in problem["errors"]) == ["/article", "/created_by"]


def test_parts_are_listed_page_by_page_and_a_cursor_is_good_for_its_whole_only(editor):
    article, other = editor.make_article(title="Annoté"), editor.make_article(title="Annoté aussi")
    made = [note(editor, article, f"Note {n}").json() for n in range(3)]
    note(editor, other), note(editor, other)
    page = editor.get(f"/v1/desk/articles/{article['id']}/notes?limit=2", 200).json()
    rest = editor.get(f"/v1/desk/articles/{article['id']}/notes?limit=2&cursor={page['next']}", 200).json()
    assert page["data"] + rest["data"] == made[::-1] and rest["next"] is None
    problem = editor.get(f"/v1/desk/articles/{other['id']}/notes?limit=2&cursor={page['next']}", 400).json()
    assert [fault["pointer"] for fault in problem["errors"]] == ["?cursor"]
    editor.get(f"/v1/desk/articles/{uuid.uuid4()}/notes", 404)


def test_a_part_of_what_goes_meanwhile_is_a_part_of_nothing(house, editor):
    article = editor.make_article(title="Sur le départ")
    session = house.sql_session()
    session.send(f"begin; delete from articles where id = '{article['id']}';")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        coming = pool.submit(editor.post, f"/v1/desk/articles/{article['id']}/notes", {"text": "Trop tard."}, 404)
        marbre.wait_for(lambda: house.sql("select count(*) from pg_locks where not granted") != "0", "it to wait for the other")
        session.send("commit;")
        assert coming.result().json()["detail"] == "There is no such article."
    session.close()


def test_stories_about_every_operation_make_parts_by_themselves(house, editor, article):
    """As they have to for a resource that is added: test_rights, test_contract, test_faults and test_properties rest on it."""
    newsroom = operations.Newsroom(house)
    for name in ("create_article_note", "list_article_notes", "read_article_note", "patch_article_note", "delete_article_note"):
        operation = newsroom.operations[name]
        request = {"path": operation.examples("path", newsroom.target(operation)), "query": {}, "header": {"If-Match": "*"}}
        if operation.body_schema:
            request["body"] = {"text": "Fait par la machine."}
        assert newsroom.call(operation, request).ok, name
    made = parts.made_in(f"/v1/desk/articles/{article['id']}/notes/{{note}}", house.contract.spec, editor)
    editor.get(made, 200)
    nowhere = parts.made_in(f"/v1/desk/articles/{uuid.uuid4()}/notes/{{note}}", house.contract.spec, editor)
    editor.get(nowhere, 404)
    with pytest.raises(AssertionError, match="nothing is known for {page}"):
        parts.made_in(f"/v1/desk/articles/{article['id']}/pages/{{page}}", house.contract.spec, editor)
