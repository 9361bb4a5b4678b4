"""Sections stand in a tree, which readers walk, editors rearrange, and nothing ties into a circle."""
import concurrent.futures
import itertools

import pytest

numbers = itertools.count(1)


def make(chief, words="Rubrique", **fields):
    return chief.make("sections", name=f"{words} {next(numbers)} de l’arbre", **fields)


def patch(chief, section, expect=200, **fields):
    return chief.patch(f"/v1/desk/sections/{section['id']}", fields, section["version"], expect).json()


def delete(chief, section, expect=204, replace_with=None):
    query = f"?replace_with={replace_with['slug']}" if replace_with else ""
    return chief.request("DELETE", f"/v1/desk/sections/{section['id']}{query}", expect, headers={"If-Match": "*"})


def again(chief, section):
    return chief.get(f"/v1/desk/sections/{section['id']}", 200).json()


def slugs(cards):
    return [card["slug"] for card in cards]


def card(section):
    return {name: section[name] for name in ("id", "slug", "name")}


def branch(reader, section):
    """A section in the tree that readers get, with all below it."""
    def look(branches):
        for one in branches:
            yield from [one] if one["id"] == section["id"] else look(one["children"])

    return next(look(reader.get("/v1/sections", 200).json()["data"]))


@pytest.fixture
def family(chief):
    """A root, two below it, and one below the first of them."""
    root = make(chief, "Racine")
    elder = make(chief, "Aînée", parent=root["slug"], position=1)
    younger = make(chief, "Cadette", parent=card(root), position=2)
    return root, elder, younger, make(chief, "Petite", parent=elder["id"])


# ---- the tree

def test_a_whole_number_may_be_written_as_json_allows(chief):
    section = chief.make("sections", name="Au dixième rang", position=1e1)
    reply = chief.request("PATCH", f"/v1/desk/sections/{section['id']}", 200, data='{"position": 2.0E+1}',
                          headers={"Content-Type": "application/json", "If-Match": "*"})
    assert section["position"] == 10 and reply.json()["position"] == 20


def test_readers_get_the_sections_as_a_tree_in_the_newsrooms_order(chief, reader, family):
    root, elder, younger, small = family
    assert small["parent"] == card(elder) and root["parent"] is None
    tree = branch(reader, root)
    assert slugs(tree["children"]) == [elder["slug"], younger["slug"]]
    assert slugs(tree["children"][0]["children"]) == [small["slug"]]
    assert tree["children"][1]["children"] == [] and set(tree) == {"id", "slug", "name", "description", "position", "children"}
    patch(chief, younger, position=0)
    assert slugs(branch(reader, root)["children"]) == [younger["slug"], elder["slug"]]
    assert root["id"] in [one["id"] for one in reader.get("/v1/sections", 200).json()["data"]], "only roots stand at the top"
    assert not {elder["id"], small["id"]} & {one["id"] for one in reader.get("/v1/sections", 200).json()["data"]}


def test_a_section_says_what_stands_above_and_below_it(chief, reader, family):
    root, elder, younger, small = family
    read = reader.get(f"/v1/sections/{small['slug']}", 200).json()
    assert read["parents"] == [card(root), card(elder)] and read["children"] == []
    read = reader.get(f"/v1/sections/{root['slug']}", 200).json()
    assert read["parents"] == [] and read["children"] == [card(elder), card(younger)]


def test_what_stands_around_a_section_changes_what_readers_of_it_get(chief, reader, family):
    root, elder, _, small = family
    path = f"/v1/sections/{small['slug']}"
    before = reader.get(path, 200)
    renamed = patch(chief, root, name="Tout autre nom", slug=root["slug"] + "-autre")
    after = reader.get(path, 200, headers={"If-None-Match": before.headers["ETag"]})
    assert after.json()["parents"][0] == card(renamed)
    assert "list:sections" in after.headers["Surrogate-Key"].split(), "so a purge of that reaches it"


def test_a_section_moves_with_all_that_is_below_it(chief, reader, family):
    root, elder, younger, small = family
    moved = patch(chief, elder, parent=card(younger))
    assert moved["parent"] == card(younger) and moved["version"] == 2
    assert reader.get(f"/v1/sections/{small['slug']}", 200).json()["parents"] == [card(root), card(younger), card(moved)]
    free = patch(chief, moved, parent=None)
    assert free["parent"] is None and reader.get(f"/v1/sections/{small['slug']}", 200).json()["parents"] == [card(free)]
    assert patch(chief, free, parent=None) == free


def test_a_parent_that_is_nowhere_is_refused_and_one_by_an_older_slug_is_found(chief, family):
    root = family[0]
    patch(chief, root, slug=f"racine-{next(numbers)}-autrement")
    assert make(chief, parent=root["slug"])["parent"]["id"] == root["id"]
    for parent in ("nulle-part", {"id": "01890000-0000-7000-8000-000000000000"}, {"name": "Racine"}):
        problem = chief.post("/v1/desk/sections", {"name": "x", "parent": parent}, 422).json()
        assert [fault["pointer"] for fault in problem["errors"]] == ["/parent"], parent
        assert patch(chief, family[1], 422, parent=parent)["errors"][0]["pointer"] == "/parent"


# ---- no circles

def test_no_section_stands_below_itself_or_its_own(chief, family):
    root, elder, _, small = family
    for one, below in ((root, root), (root, elder), (root, small), (elder, small)):
        problem = patch(chief, one, 422, parent=below["slug"])
        assert problem["errors"][0]["pointer"] == "/parent" and again(chief, one)["version"] == 1


def test_somebody_with_psql_ties_no_circle_either(server, chief, family):
    root, elder, younger, small = family
    for one, below in ((root, root), (root, small), (elder, small)):
        with pytest.raises(RuntimeError, match="below none of its own"):
            server.sql(f"update sections set parent_id = '{below['id']}' where id = '{one['id']}'")
    with pytest.raises(RuntimeError, match="below none of its own"):
        server.sql(f"update sections set parent_id = case id when '{elder['id']}' then '{younger['id']}'::uuid"
                   f" else '{elder['id']}' end where id in ('{elder['id']}', '{younger['id']}')")
    server.sql(f"update sections set parent_id = null where id = '{elder['id']}'")
    assert again(chief, elder)["version"] == 2


def test_of_two_moves_that_would_make_a_circle_together_one_is_refused(chief):
    for _ in range(6):
        pair = [make(chief), make(chief)]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            moves = [pool.submit(chief.patch, f"/v1/desk/sections/{one['id']}", {"parent": other["slug"]}, 1)
                     for one, other in (pair, pair[::-1])]
        assert sorted(move.result().status_code for move in moves) == [200, 422]


def test_two_who_tie_a_circle_with_psql_wait_for_each_other(server, chief):
    one, other = make(chief), make(chief)
    holder = server.sql_session()
    holder.send(f"begin; update sections set parent_id = '{other['id']}' where id = '{one['id']}';")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        second = pool.submit(server.sql, f"update sections set parent_id = '{one['id']}' where id = '{other['id']}'")
        holder.send("select pg_sleep(0.3); commit;")
        with pytest.raises(RuntimeError, match="below none of its own"):
            second.result()
    holder.close()


def test_the_tree_has_ten_levels_and_no_more(chief, reader):
    line = [make(chief)]
    for _ in range(9):
        line.append(make(chief, parent=line[-1]["slug"]))
    problem = chief.post("/v1/desk/sections", {"name": "x", "parent": line[-1]["slug"]}, 422).json()
    assert problem["errors"][0]["pointer"] == "/parent" and "ten" in problem["detail"]
    top = make(chief)
    patch(chief, line[0], 422, parent=top["slug"])
    assert len(reader.get(f"/v1/sections/{line[-1]['slug']}", 200).json()["parents"]) == 9


# ---- filters

def test_articles_are_found_under_a_slug_that_their_section_had_before(chief, editor, reader):
    section = make(chief)
    article = editor.act(editor.make_article(sections=[section["slug"]]), "publish")
    renamed = patch(chief, section, slug=f"nouvelle-{next(numbers)}")
    for slug in (section["slug"], renamed["slug"]):
        assert [one["id"] for one in reader.get(f"/v1/articles?section={slug}", 200).json()["data"]] == [article["id"]]
        assert [one["id"] for one in editor.get(f"/v1/desk/articles?section={slug}", 200).json()["data"]] == [article["id"]]
    chief.post("/v1/desk/sections", {"name": "x", "slug": section["slug"]}, 409)
    assert chief.make("sections", name=section["name"])["slug"] == section["slug"] + "-2", "what was given up leads on for ever"


# ---- taken away

def test_a_section_with_sections_below_it_or_editors_stays(server, chief, admin, family):
    root, elder, younger, _ = family
    someone = server.make_account(f"arbre-{next(numbers)}@rh.test", "editor")
    admin.patch(f"/v1/desk/accounts/{someone.account['id']}", {"sections": [root["slug"]]}, "*", 200)
    problem = delete(chief, root, 409).json()
    below = [{"kind": "section", "id": one["id"], "slug": one["slug"], "title": one["name"]} for one in (elder, younger)]
    account = {"kind": "account", "id": someone.account["id"], "slug": None, "title": someone.account["name"]}
    assert problem["users"] == [*below, account]
    assert problem["users_total"] == 3


def test_a_replaced_section_leaves_all_it_had_to_the_other(server, chief, admin, editor, reader, family):
    root, elder, younger, small = family
    replacement = make(chief, "Héritière")
    both, one = (editor.act(editor.make_article(sections=names), "publish")
                 for names in ([replacement["slug"], root["slug"]], [root["slug"]]))
    people = [server.make_account(f"arbre-{next(numbers)}@rh.test", "editor") for _ in range(2)]
    for person, names in zip(people, ([root["slug"]], [root["slug"], replacement["slug"]])):
        admin.patch(f"/v1/desk/accounts/{person.account['id']}", {"sections": names}, "*", 200)
    delete(chief, root, replace_with=replacement)
    assert slugs(branch(reader, replacement)["children"]) == [elder["slug"], younger["slug"]]
    assert again(chief, elder)["version"] == 2 and again(chief, small)["version"] == 1
    for section in (replacement, root):
        listed = reader.get(f"/v1/articles?section={section['slug']}", 200).json()["data"]
        assert [article["id"] for article in listed] == [one["id"], both["id"]]
    assert slugs(editor.get(f"/v1/desk/articles/{both['id']}", 200).json()["sections"]) == [replacement["slug"]]
    for person in people:
        account = admin.get(f"/v1/desk/accounts/{person.account['id']}", 200).json()
        assert slugs(account["sections"]) == [replacement["slug"]] and account["version"] == 3
        act = admin.get(f"/v1/desk/audit?thing={account['id']}&limit=1", 200).json()["data"][0]
        assert (act["operation"], act["kind"], act["fields"], act["version"]) == ("delete_section", "accounts", ["sections"], 3)
        person.get(f"/v1/desk/articles/{one['id']}", 200)
    act = admin.get(f"/v1/desk/audit?thing={elder['id']}&limit=1", 200).json()["data"][0]
    assert (act["operation"], act["fields"], act["version"]) == ("delete_section", ["parent"], 2)
    assert reader.get(f"/v1/sections/{root['slug']}", 308).headers["Location"] == f"/v1/sections/{replacement['slug']}"


def test_a_story_that_is_published_while_its_section_is_replaced_is_listed_under_the_other(chief, editor, reader):
    for _ in range(5):
        old, replacement = make(chief), make(chief)
        article = editor.make_article(sections=[old["slug"]])
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            published = pool.submit(editor.act, article, "publish", None)
            replaced = pool.submit(delete, chief, old, None, replacement)
        assert published.result()["status"] == "published" and replaced.result().status_code == 204
        assert [one["id"] for one in reader.get(f"/v1/articles?section={replacement['slug']}", 200).json()["data"]] == [article["id"]]


@pytest.mark.parametrize("depth", [1, 3])
def test_a_section_below_takes_the_place_of_the_one_that_it_replaces(chief, reader, family, depth):
    root, elder, younger, small = family
    above = make(chief, "Tout en haut")
    patch(chief, root, parent=above["slug"])
    delete(chief, root, replace_with={1: elder, 3: small}[depth])
    tree = branch(reader, above)
    if depth == 1:
        assert slugs(tree["children"]) == [elder["slug"]]
        assert set(slugs(tree["children"][0]["children"])) == {younger["slug"], small["slug"]}
    else:
        assert slugs(tree["children"]) == [small["slug"]]
        assert slugs(tree["children"][0]["children"]) == [elder["slug"], younger["slug"]]


def test_an_editor_of_a_section_edits_below_it_where_it_is_moved(server, chief, admin, contributor, family):
    root, elder, younger, small = family
    someone = server.make_account(f"arbre-{next(numbers)}@rh.test", "editor")
    admin.patch(f"/v1/desk/accounts/{someone.account['id']}", {"sections": [younger["slug"]]}, "*", 200)
    article = contributor.make_article(sections=[small["slug"]])
    someone.get(f"/v1/desk/articles/{article['id']}", 404)
    patch(chief, elder, parent=younger["slug"])
    someone.get(f"/v1/desk/articles/{article['id']}", 200)
