"""What articles are filed under: sections, tags and authors, made at the desk and read by everybody."""
import concurrent.futures
import itertools

import pytest

NOWHERE = "01890000-0000-7000-8000-000000000000"
KINDS = ["topic", "person", "place", "organisation", "event", "series"]
NEEDED = {"sections": {}, "tags": {"kind": "topic"}, "authors": {}}
EVERY = pytest.mark.parametrize("resource", NEEDED)
DESK_ONLY = ("version", "parent", "aliases", "created_at", "updated_at")
numbers = itertools.count(1)


def new_name(words="Nom"):
    """A name that no other story uses."""
    return f"{words} {next(numbers)} des classements"


def make(client, resource, **fields):
    return client.make(resource, **{"name": new_name(), **NEEDED[resource], **fields})


def pointers(reply):
    return sorted(fault["pointer"] for fault in reply.json()["errors"])


def walk(reader, path, limit):
    found, cursor = [], ""
    while cursor is not None:
        page = reader.get(f"{path}{'&' if '?' in path else '?'}limit={limit}{cursor and '&cursor=' + cursor}", 200).json()
        found, cursor = found + page["data"], page["next"]
    return found


def in_order(branches):
    """Every section of a tree, each before its children, as a list has it."""
    for branch in branches:
        yield {name: value for name, value in branch.items() if name != "children"}
        yield from in_order(branch["children"])


def everything(reader, resource):
    if resource == "sections":
        return list(in_order(reader.get("/v1/sections", 200).json()["data"]))
    return walk(reader, f"/v1/{resource}", 100)


@EVERY
def test_what_was_made_is_read_by_its_id_at_the_desk_and_by_its_slug_everywhere(chief, contributor, reader, resource):
    name = new_name("Élan à l’Est")
    written = chief.post(f"/v1/desk/{resource}", {"name": name, **NEEDED[resource]}, 201)
    made = written.json()
    assert written.headers["Location"] == f"/v1/desk/{resource}/{made['id']}" and written.headers["ETag"] == '"v1"'
    assert made["name"] == name and made["version"] == 1 and made["slug"].startswith("elan-a-l-est-")
    read = contributor.get(written.headers["Location"], 200)
    assert read.json() == made and read.headers["ETag"] == '"v1"' and read.headers["Cache-Control"] == "no-store"
    seen = reader.get(f"/v1/{resource}/{made['slug']}", 200).json()
    around = {name: seen.pop(name) for name in ("parents", "children") if name in seen}
    assert around == ({"parents": [], "children": []} if resource == "sections" else {})
    assert seen == {name: value for name, value in made.items() if name not in DESK_ONLY}
    assert seen in everything(reader, resource)


def test_a_section_has_a_description_and_a_place_among_the_others(chief, reader):
    names = [new_name("Place") for _ in range(3)]
    for name, position in zip(names, (5003, 5001, 5002)):
        chief.make("sections", name=name, position=position, description=f"Tout sur {name}.")
    listed = [section for section in everything(reader, "sections") if section["name"] in names]
    assert [section["name"] for section in listed] == [names[1], names[2], names[0]]
    assert listed[0]["description"] == f"Tout sur {names[1]}." and listed[0]["position"] == 5001
    plain = make(chief, "sections")
    assert plain["position"] == 0 and plain["description"] is None
    page = reader.get("/v1/sections", 200)
    assert page.json()["next"] is None and "Link" not in page.headers


def test_a_whole_number_is_one_however_it_is_written(chief):
    reply = chief.request("POST", "/v1/desk/sections", 201, data='{"name": "Nombre entier", "position": 2.0e1}',
                          headers={"Content-Type": "application/json"})
    assert reply.json()["position"] == 20
    for wrong in ("1.5", "-1", "100001", '"1"', "null", "true"):
        reply = chief.request("POST", "/v1/desk/sections", 422, data='{"name": "x", "position": %s}' % wrong,
                              headers={"Content-Type": "application/json"})
        assert pointers(reply) == ["/position"], wrong


def test_an_author_may_have_a_bio(editor, reader):
    bio = "Correspondante.\nPuis « envoyée » spéciale."
    assert make(editor, "authors")["bio"] is None and make(editor, "authors", bio=None)["bio"] is None
    author = make(editor, "authors", bio=bio)
    assert reader.get(f"/v1/authors/{author['slug']}", 200).json()["bio"] == bio


def test_tags_are_listed_by_name_and_by_kind(editor, reader):
    made = {kind: [make(editor, "tags", name=new_name(letter), kind=kind)["id"] for letter in "BA"] for kind in KINDS}
    for kind in KINDS:
        tags = walk(reader, f"/v1/tags?kind={kind}", 2)
        assert {tag["kind"] for tag in tags} == {kind}
        mine = [tag["id"] for tag in tags if tag["id"] in made[kind]]
        assert mine == list(reversed(made[kind])), "A goes before B"
    assert pointers(reader.get("/v1/tags?kind=animal", 400)) == ["?kind"]


@pytest.mark.parametrize("resource", ["tags", "authors"])
def test_pages_follow_each_other_without_gap_or_repeat_also_where_names_are_equal(editor, reader, resource):
    name = new_name('Même "nom", é\\')
    made = [make(editor, resource, name=name)["id"] for _ in range(5)]
    whole = walk(reader, f"/v1/{resource}", 100)
    for limit in (2, 3):
        assert walk(reader, f"/v1/{resource}", limit) == whole
    assert [item["id"] for item in whole if item["name"] == name] == sorted(made)
    assert len({item["id"] for item in whole}) == len(whole)


def test_a_cursor_of_one_kind_of_tag_is_no_cursor_of_another(editor, reader):
    for _ in range(2):
        make(editor, "tags", kind="event")
    cursor = reader.get("/v1/tags?kind=event&limit=1", 200).json()["next"]
    for path in (f"/v1/tags?kind=place&cursor={cursor}", f"/v1/tags?cursor={cursor}", f"/v1/authors?cursor={cursor}"):
        assert pointers(reader.get(path, 400)) == ["?cursor"]


@EVERY
def test_equal_names_get_slugs_with_numbers(chief, resource):
    name = new_name("Homonyme")
    made = [make(chief, resource, name=name)["slug"] for _ in range(3)]
    assert made == [made[0], made[0] + "-2", made[0] + "-3"]


@EVERY
def test_equal_names_at_the_same_moment_get_slugs_with_numbers(chief, resource):
    name = new_name("Simultané")
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _: make(chief, resource, name=name)["slug"], range(6)))
    base = min(made, key=len)
    assert sorted(made) == sorted([base] + [f"{base}-{n}" for n in range(2, 7)])


@EVERY
def test_a_chosen_slug_is_kept_or_refused(chief, resource):
    slug = f"choisi-{next(numbers)}"
    assert make(chief, resource, slug=slug)["slug"] == slug
    taken = chief.post(f"/v1/desk/{resource}", {"name": "Autre", "slug": slug, **NEEDED[resource]}, 409)
    assert pointers(taken) == ["/slug"] and slug in taken.json()["detail"]
    for wrong in ("Majuscule", "deux--tirets", "", NOWHERE, "a" * 121, 7, None):
        reply = chief.post(f"/v1/desk/{resource}", {"name": "x", "slug": wrong, **NEEDED[resource]}, 422)
        assert pointers(reply) == ["/slug"], wrong


@EVERY
def test_a_name_is_text_that_is_neither_empty_nor_endless(chief, resource):
    for wrong in ("", "é" * 121, 7, None, ["x"], "\u0001"):
        reply = chief.post(f"/v1/desk/{resource}", {"name": wrong, **NEEDED[resource]}, 422)
        assert pointers(reply) == ["/name"], wrong
    assert make(chief, resource, name="é" * 120)["name"] == "é" * 120
    assert pointers(chief.post(f"/v1/desk/{resource}", {"name": "a\u0000b", **NEEDED[resource]}, 422)) == ["/name"]
    assert make(chief, resource, name="Cafe\u0301 \u0007bleu")["name"] == "Café bleu"


@EVERY
def test_every_fault_is_named_at_once(chief, resource):
    reply = chief.post(f"/v1/desk/{resource}", {"slug": "Non", "inconnu": 1, "kind": "animal"}, 422)
    assert pointers(reply) == ["/inconnu", "/kind", "/name", "/slug"]


def test_a_tag_says_what_kind_of_thing_it_is(editor):
    assert pointers(editor.post("/v1/desk/tags", {"name": "Sans sorte"}, 422)) == ["/kind"]


@pytest.mark.parametrize("role, may", [("contributor", []), ("sales", []), ("editor", ["authors", "tags"]),
                                       ("chief", ["authors", "sections", "tags"]), ("admin", ["authors", "sections", "tags"])])
def test_each_role_makes_what_it_may_and_nothing_else(server, role, may):
    client = server.client(role)
    for resource in NEEDED:
        reply = client.post(f"/v1/desk/{resource}", {"name": new_name(), **NEEDED[resource]})
        assert reply.status_code == (201 if resource in may else 403), resource


@EVERY
def test_nobody_makes_or_reads_anything_at_the_desk_without_a_token(reader, chief, resource):
    made = make(chief, resource)
    reader.post(f"/v1/desk/{resource}", {"name": "x", **NEEDED[resource]}, 401)
    reader.get(f"/v1/desk/{resource}/{made['id']}", 401)


@EVERY
def test_what_is_not_there_is_not_found(chief, reader, resource):
    chief.get(f"/v1/desk/{resource}/{NOWHERE}", 404)
    reader.get(f"/v1/{resource}/personne-ici", 404)
    reader.get(f"/v1/{resource}/Pas+un+slug", 404)
    assert pointers(chief.get(f"/v1/desk/{resource}/12", 400)) == ["{id}"]
    reader.get(f"/v1/{resource}/personne/ici", 404)


@EVERY
def test_a_refused_one_leaves_no_trace(chief, reader, resource):
    slug = make(chief, resource)["slug"]
    before = everything(reader, resource)
    chief.post(f"/v1/desk/{resource}", {"name": "", **NEEDED[resource]}, 422)
    chief.post(f"/v1/desk/{resource}", {"name": "Sans suite", "slug": slug, **NEEDED[resource]}, 409)
    assert everything(reader, resource) == before


def test_a_new_section_shows_in_the_list_and_in_its_tag_at_once(chief, reader):
    before = reader.get("/v1/sections", 200).headers["ETag"]
    assert reader.get("/v1/sections", 304, headers={"If-None-Match": before}).content == b""
    made = make(chief, "sections")
    after = reader.get("/v1/sections", 200, headers={"If-None-Match": before})
    assert after.headers["ETag"] != before and made["id"] in {section["id"] for section in after.json()["data"]}
