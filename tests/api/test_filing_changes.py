"""What is done to sections, tags and authors once they are there: found, changed, renamed, replaced, taken away."""
import concurrent.futures
import itertools
import json
import time
import uuid

import pytest

import marbre

NOWHERE = "01890000-0000-7000-8000-000000000000"
NEEDED = {"sections": {}, "tags": {"kind": "topic"}, "authors": {}}
EVERY = pytest.mark.parametrize("resource", NEEDED)
numbers = itertools.count(1)


def new_name(words="Nom"):
    """A name that no other story uses."""
    return f"{words} {next(numbers)} des changements"


def make(client, resource, **fields):
    return client.make(resource, **{"name": new_name(), **NEEDED[resource], **fields})


def patch(client, resource, thing, expect=200, **fields):
    return client.patch(f"/v1/desk/{resource}/{thing['id']}", fields, thing["version"], expect).json()


def delete(client, resource, thing, expect=204, replace_with=None):
    query = f"?replace_with={replace_with}" if replace_with else ""
    return client.request("DELETE", f"/v1/desk/{resource}/{thing['id']}{query}", expect, headers={"If-Match": "*"})


def pointers(problem):
    return sorted(fault["pointer"] for fault in problem["errors"])


def leads_to(reader, resource, slug):
    """Where a slug's address leads: to a slug, its own where it is read there."""
    reply = reader.get(f"/v1/{resource}/{slug}")
    if reply.status_code == 308:
        return reply.headers["Location"].rsplit("/", 1)[1]
    assert reply.status_code == 200, reply.text
    return reply.json()["slug"]


def filed(resource, thing):
    """A member of an article that names a thing."""
    return {resource: [thing["slug"]]}


def page_with(reader, resource, thing):
    """The address of the page of a list on which a thing is; others may have filled those before."""
    first = path = f"/v1/{resource}?limit=100" if resource != "sections" else "/v1/sections"
    while True:
        page = reader.get(path, 200).json()
        if resource == "sections" or thing["slug"] in [one["slug"] for one in page["data"]]:
            return path
        path = f"{first}&cursor={page['next']}"


# ---- found

@EVERY
def test_the_desk_lists_by_name_and_finds_by_a_part_of_it_with_or_without_accents(chief, contributor, resource):
    mark = f"é{next(numbers)}léphantesque"
    made = [make(chief, resource, name=f"{letter} {mark} 100%") for letter in "CAB"]
    path = f"/v1/desk/{resource}?limit=2&q="
    for sought in (mark, mark.upper(), mark.replace("é", "e"), f"a {mark}"[2:], "lÉPHANTESQUE 100%"):
        first = contributor.get(path + sought.replace("%", "%25"), 200)
        found = first.json()
        assert [thing["name"][0] for thing in found["data"]] == ["A", "B"] and 'rel="next"' in first.headers["Link"], sought
        rest = contributor.get(f"{path}{sought.replace('%', '%25')}&cursor={found['next']}", 200).json()
        assert found["data"] + rest["data"] == [made[1], made[2], made[0]] and rest["next"] is None
    for sought in (mark + "_", "%25%25", "Ж中", "-"):
        assert not [thing for thing in contributor.get(path + sought, 200).json()["data"] if mark in thing["name"]], sought
    assert contributor.get(path, 400).json()["errors"][0]["pointer"] == "?q"


def test_tags_are_found_by_kind_and_name_together(editor):
    mark = f"ensemble{next(numbers)}"
    place = make(editor, "tags", name=f"Lieu {mark}", kind="place")
    make(editor, "tags", name=f"Sujet {mark}", kind="topic")
    assert editor.get(f"/v1/desk/tags?q={mark}&kind=place", 200).json()["data"] == [place]


# ---- changed

@EVERY
def test_a_change_names_the_version_that_was_read(chief, admin, resource):
    made = make(chief, resource)
    name = new_name()
    changed = patch(chief, resource, made, name=name)
    assert (changed["version"], changed["name"], changed["slug"]) == (2, name, made["slug"]), "a slug stays when the name changes"
    assert changed["updated_at"] > made["updated_at"] and changed["created_at"] == made["created_at"]
    stale = patch(admin, resource, made, 412, name="Trop tard")
    assert stale["version"] == 2 and stale["changed"] == ["name"] and stale["updated_by"]["id"] == chief.account["id"]
    chief.patch(f"/v1/desk/{resource}/{made['id']}", {"name": "x"}, None, 428)
    chief.request("DELETE", f"/v1/desk/{resource}/{made['id']}", 428)
    chief.request("DELETE", f"/v1/desk/{resource}/{made['id']}", 412, headers={"If-Match": '"v1"'})
    assert patch(chief, resource, changed, name=name) == changed, "what changes nothing makes no version"
    act = admin.get(f"/v1/desk/audit?thing={made['id']}&limit=2", 200).json()["data"][1]
    assert (act["kind"], act["version"], act["fields"]) == (resource, 2, ["name"])


@EVERY
def test_what_was_read_may_be_sent_back_and_read_only_members_are_the_servers(chief, resource):
    made = patch(chief, resource, make(chief, resource), slug=f"renvoye-{next(numbers)}")
    assert patch(chief, resource, made, **made) == made
    wrong = {"id": NOWHERE, "version": 7, "aliases": [], "updated_at": made["created_at"], "created_at": made["updated_at"]}
    refused = patch(chief, resource, made, 422, **{**made, **wrong})
    assert pointers(refused) == ["/aliases", "/created_at", "/id", "/updated_at", "/version"]


@EVERY
def test_null_empties_what_may_be_empty_and_is_refused_elsewhere(chief, resource):
    may = {"sections": {"description": "Quelque chose.", "parent": make(chief, "sections")["slug"]}, "tags": {},
           "authors": {"bio": "Quelqu’un.", "links": [{"label": "Ici", "url": "https://ici.example/"}],
                       "image": {"url": "https://ici.example/x.jpg", "alt": "Un visage"}}}[resource]
    needed = {"sections": ["name", "position", "slug"], "tags": ["kind", "name", "slug"], "authors": ["name", "slug"]}[resource]
    made = make(chief, resource, **may)
    emptied = patch(chief, resource, made, **dict.fromkeys(may))
    assert all(emptied[name] in (None, []) and made[name] for name in may)
    assert pointers(patch(chief, resource, emptied, 422, **dict.fromkeys(needed))) == ["/" + name for name in needed]


@EVERY
def test_a_change_shows_to_readers_at_once_and_in_what_caches_compare(chief, reader, resource):
    made = make(chief, resource)
    paths = [page_with(reader, resource, made), f"/v1/{resource}/{made['slug']}"]
    before = [reader.get(path, 200) for path in paths]
    patch(chief, resource, made, name=made["name"] + " bis")  # which stays on its page
    for path, was in zip(paths, before):
        now = reader.get(path, 200, headers={"If-None-Match": was.headers["ETag"]})
        assert now.headers["ETag"] != was.headers["ETag"]
        assert now.headers["Surrogate-Key"] == was.headers["Surrogate-Key"]
    assert f"list:{resource}" in before[0].headers["Surrogate-Key"].split()
    assert f"{resource[:-1]}:{made['id']}" in before[1].headers["Surrogate-Key"].split()
    last = reader.get(paths[0], 200).headers["ETag"]
    delete(chief, resource, made)
    reader.get(paths[0], 200, headers={"If-None-Match": last})  # a list changes when something goes from it


@EVERY
def test_a_post_that_is_sent_twice_makes_one(chief, resource):
    body, key = {"name": new_name(), **NEEDED[resource]}, {"Idempotency-Key": f"classement-{resource}"}
    first = chief.post(f"/v1/desk/{resource}", body, 201, headers=key)
    again = chief.post(f"/v1/desk/{resource}", body, 201, headers=key)
    assert again.json() == first.json() and again.headers["Idempotency-Replayed"] == "true"


# ---- renamed

@EVERY
def test_an_old_slug_leads_to_the_new_one_in_one_step_and_renaming_back_removes_it(chief, reader, resource):
    a, b, c = (f"{word}-{next(numbers)}" for word in ("premier", "deuxieme", "troisieme"))
    thing = make(chief, resource, slug=a)
    thing = patch(chief, resource, thing, slug=b)
    moved = reader.get(f"/v1/{resource}/{a}", 308)
    assert moved.headers["Location"] == f"/v1/{resource}/{b}"
    assert f"{resource[:-1]}:{thing['id']}" in moved.headers["Surrogate-Key"].split()
    thing = patch(chief, resource, thing, slug=c)
    assert [leads_to(reader, resource, slug) for slug in (a, b, c)] == [c, c, c] and thing["aliases"] == sorted([a, b])
    thing = patch(chief, resource, thing, slug=a)
    assert [leads_to(reader, resource, slug) for slug in (a, b, c)] == [a, a, a] and thing["aliases"] == sorted([b, c])
    assert thing["version"] == 4
    delete(chief, resource, thing)
    for slug in (a, b, c):
        reader.get(f"/v1/{resource}/{slug}", 404)


@EVERY
def test_a_slug_that_was_given_up_leads_on_for_ever(chief, reader, resource):
    name = f"Repris {next(numbers)}"
    old = make(chief, resource, name=name)
    slug = old["slug"]
    moved = patch(chief, resource, old, name=name + " ailleurs", slug=f"{slug}-ailleurs")
    other = make(chief, resource, name=name)
    assert other["slug"] == f"{slug}-2", "one of the old name gets the next number"
    for problem in (chief.post(f"/v1/desk/{resource}", {"name": "x", **NEEDED[resource], "slug": slug}, 409).json(),
                    patch(chief, resource, other, 409, slug=slug)):
        assert pointers(problem) == ["/slug"] and f"{slug}-ailleurs" in problem["errors"][0]["detail"]
    assert leads_to(reader, resource, slug) == f"{slug}-ailleurs"
    assert chief.get(f"/v1/desk/{resource}/{moved['id']}", 200).json()["aliases"] == [slug]
    assert patch(chief, resource, moved, slug=slug)["slug"] == slug, "who had it may take it back"
    assert patch(chief, resource, other, 409, slug=f"{slug}-ailleurs")["errors"][0]["detail"].startswith("This slug leads to")


@EVERY
def test_a_slug_that_something_has_is_refused(chief, resource):
    one, two = make(chief, resource), make(chief, resource)
    problem = patch(chief, resource, two, 409, slug=one["slug"])
    assert pointers(problem) == ["/slug"] and one["slug"] in problem["detail"]
    assert patch(chief, resource, two, slug=two["slug"]) == two
    assert pointers(patch(chief, resource, two, 422, slug="Non !")) == ["/slug"]


@EVERY
def test_an_article_names_a_thing_by_a_slug_that_it_had_before(chief, editor, resource):
    thing = make(chief, resource)
    renamed = patch(chief, resource, thing, slug=f"apres-{next(numbers)}")
    article = editor.make_article(**filed(resource, thing))
    assert article[resource][0]["slug"] == renamed["slug"] and article[resource][0]["id"] == thing["id"]
    twice = editor.post("/v1/desk/articles", {"title": "x", resource: [thing["slug"], renamed["slug"]]}, 422).json()
    assert pointers(twice) == [f"/{resource}/1"]


@EVERY
def test_of_two_parallel_renames_to_one_slug_one_is_refused_and_each_old_slug_leads_somewhere(chief, reader, resource):
    for _ in range(4):
        things, wanted = [make(chief, resource) for _ in range(2)], f"convoite-{next(numbers)}"
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            replies = list(pool.map(lambda thing: chief.patch(f"/v1/desk/{resource}/{thing['id']}", {"slug": wanted}, 1), things))
        assert sorted(reply.status_code for reply in replies) == [200, 409]
        for thing, reply in zip(things, replies):
            assert leads_to(reader, resource, thing["slug"]) == (wanted if reply.status_code == 200 else thing["slug"])


@EVERY
def test_of_two_parallel_renames_of_one_thing_the_second_is_told(chief, resource):
    thing = make(chief, resource)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(lambda n: chief.patch(
            f"/v1/desk/{resource}/{thing['id']}", {"slug": f"{thing['slug']}-{n}"}, 1), "ab"))
    assert sorted(reply.status_code for reply in replies) == [200, 412]
    assert chief.get(f"/v1/desk/{resource}/{thing['id']}", 200).json()["aliases"] == [thing["slug"]]


@EVERY
def test_two_things_cannot_trade_their_slugs_for_each_leads_on(chief, reader, resource):
    one, two = make(chief, resource), make(chief, resource)
    between = patch(chief, resource, one, slug=f"entre-{next(numbers)}")
    assert pointers(patch(chief, resource, two, 409, slug=one["slug"])) == ["/slug"]
    assert leads_to(reader, resource, one["slug"]) == between["slug"]


# ---- taken away

@EVERY
def test_what_nothing_uses_can_go_and_its_slug_is_free(server, chief, admin, reader, resource):
    thing = make(chief, resource)
    reply = delete(chief, resource, thing)
    assert not reply.content
    chief.get(f"/v1/desk/{resource}/{thing['id']}", 404)
    reader.get(f"/v1/{resource}/{thing['slug']}", 404)
    delete(chief, resource, thing, 404)
    assert make(chief, resource, slug=thing["slug"])["id"] != thing["id"]
    act = admin.get(f"/v1/desk/audit?thing={thing['id']}&limit=1", 200).json()["data"][0]
    assert act["operation"] == f"delete_{resource[:-1]}" and act["account"]["id"] == chief.account["id"]


@EVERY
def test_what_is_in_use_stays_and_what_uses_it_is_named(chief, editor, resource):
    thing = make(chief, resource)
    kept = editor.make_article(title="Il s’en sert", **filed(resource, thing))
    before = editor.make_article(title="Autrefois", **filed(resource, thing))
    editor.save(before, **{resource: []})
    problem = delete(chief, resource, thing, 409).json()
    assert problem["users"] == [{"kind": "article", "id": before["id"], "slug": before["slug"], "title": "Autrefois"},
                                {"kind": "article", "id": kept["id"], "slug": kept["slug"], "title": "Il s’en sert"}]
    assert problem["users_total"] == 2 and "replace_with" in problem["detail"]
    chief.get(f"/v1/desk/{resource}/{thing['id']}", 200)


def test_what_uses_a_thing_is_named_by_twenties_and_only_to_whom_it_concerns(server, chief, admin, contributor):
    tag, desk = make(chief, "tags"), make(chief, "sections")
    local = server.make_account(f"locale-{next(numbers)}@classement.test", "editor")
    admin.patch(f"/v1/desk/accounts/{local.account['id']}", {"sections": [desk["slug"]]}, "*", 200)
    for _ in range(20):
        contributor.make_article(**filed("tags", tag))
    seen = contributor.make_article(sections=[desk["slug"]], **filed("tags", tag))
    problem = delete(chief, "tags", tag, 409).json()
    assert len(problem["users"]) == 20 and problem["users_total"] == 21
    problem = delete(local, "tags", tag, 409).json()
    assert [user["id"] for user in problem["users"]] == [seen["id"]] and problem["users_total"] == 21


@EVERY
def test_what_is_in_use_can_be_replaced_everywhere_at_once(chief, admin, editor, reader, resource):
    old, new = make(chief, resource), make(chief, resource)
    article = editor.act(editor.make_article(title="Remplacé", **filed(resource, old)), "publish")
    delete(chief, resource, old, replace_with=new["slug"])
    now = editor.get(f"/v1/desk/articles/{article['id']}", 200).json()
    assert [card["id"] for card in now[resource]] == [new["id"]] and now["version"] == article["version"], "and no new version"
    assert not now["has_changes"]
    assert [card["slug"] for card in reader.get(f"/v1/articles/{article['slug']}", 200).json()[resource]] == [new["slug"]]
    assert leads_to(reader, resource, old["slug"]) == new["slug"]
    assert chief.get(f"/v1/desk/{resource}/{new['id']}", 200).json()["aliases"] == [old["slug"]]
    acts = {thing: admin.get(f"/v1/desk/audit?thing={thing}&limit=1", 200).json()["data"][0] for thing in (old["id"], new["id"])}
    assert {act["operation"] for act in acts.values()} == {f"delete_{resource[:-1]}"} and acts[new["id"]]["fields"] == ["aliases"]


@EVERY
def test_a_replacement_is_another_one_that_is_there(chief, resource):
    thing = make(chief, resource)
    for word in ("nulle-part", NOWHERE, thing["slug"], thing["id"]):
        assert pointers(delete(chief, resource, thing, 422, replace_with=word).json()) == ["?replace_with"], word
    assert delete(chief, resource, thing, 400, replace_with="x" * 121).json()["errors"][0]["pointer"] == "?replace_with"
    delete(chief, resource, thing, replace_with=make(chief, resource)["id"])


@EVERY
def test_what_goes_while_an_article_is_being_filed_is_either_there_or_not(chief, editor, resource):
    """Whoever comes second finds what the first has done: the article no such thing, or the thing an article that uses it."""
    outcomes = set()
    for _ in range(8):
        thing = make(chief, resource)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            filing = pool.submit(editor.post, "/v1/desk/articles", {"title": "Au même moment", **filed(resource, thing)})
            going = pool.submit(delete, chief, resource, thing, None)
        filing, going = filing.result(), going.result()
        outcomes.add((filing.status_code, going.status_code))
        if filing.status_code == 422:
            assert pointers(filing.json()) == [f"/{resource}/0"]
    assert outcomes <= {(201, 409), (422, 204)}


@EVERY
def test_an_article_that_is_being_filed_is_waited_for(server, chief, editor, resource):
    thing, other = make(chief, resource), make(chief, resource)
    article = editor.make_article(**filed(resource, thing))
    holder = server.sql_session()
    holder.send("begin; select references_lock_shared();")
    try:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            going = pool.submit(delete, chief, resource, thing, None, other["slug"])
            marbre.wait_for(lambda: server.sql(
                "select count(*) from pg_locks where locktype = 'advisory' and not granted") == "1", "the wait")
            saving = pool.submit(editor.save, article, 200, kicker="Entre-temps")
            holder.send("commit;")
            assert going.result().status_code == 204 and saving.result()[resource][0]["id"] == other["id"]
    finally:
        holder.close()


# ---- by hand

@EVERY
def test_somebody_with_psql_is_held_to_the_same(server, chief, reader, resource):
    thing = make(chief, resource)
    slug = f"a-la-main-{next(numbers)}"
    server.sql(f"update {resource} set slug = '{slug}' where id = '{thing['id']}'")
    now = chief.get(f"/v1/desk/{resource}/{thing['id']}", 200).json()
    assert now["version"] == 2 and now["aliases"] == [thing["slug"]] and leads_to(reader, resource, thing["slug"]) == slug
    stale = patch(chief, resource, thing, 412, name="x")
    assert stale["version"] == 2
    server.sql(f"update {resource} set name = name where id = '{thing['id']}'")
    assert chief.get(f"/v1/desk/{resource}/{thing['id']}", 200).json() == now
    server.sql(f"delete from {resource} where id = '{thing['id']}'")
    reader.get(f"/v1/{resource}/{thing['slug']}", 404)


def test_the_whole_path_of_a_tag_as_an_editor_walks_it(server, editor, reader):
    """Made twice by two people, found, one renamed, filed, merged, and taken away for another."""
    mark = f"Parcours {next(numbers)}"
    one = make(editor, "tags", name=f"{mark} Intelligence artificielle", kind="topic")
    two = make(editor, "tags", name=f"{mark} IA", kind="topic")
    assert [tag["id"] for tag in editor.get(f"/v1/desk/tags?q={mark}", 200).json()["data"]] == [two["id"], one["id"]]
    article = editor.make_article(tags=[two["slug"]])
    two = patch(editor, "tags", two, name=f"{mark} A. I.", slug=f"a-i-{next(numbers)}")
    merged = editor.post(f"/v1/desk/tags/{two['id']}/merge", {"into": one["slug"]}, 200,
                         headers={"If-Match": f'"v{two["version"]}"'})
    assert merged.json()["id"] == one["id"] and merged.headers["ETag"] == '"v1"'
    assert editor.get(f"/v1/desk/articles/{article['id']}", 200).json()["tags"][0]["slug"] == one["slug"]
    aliases = merged.json()["aliases"]
    assert json.loads(server.sql(f"select json_agg(slug order by slug) from tag_aliases where leads_to = '{one['id']}'")) == aliases
    assert len(aliases) == 2 and all(leads_to(reader, "tags", slug) == one["slug"] for slug in aliases)


# ------------------------------------------------------------------------------- what only a foreign key knows of

def test_what_something_unheard_of_still_refers_to_is_not_deleted(server, editor):
    """A table of tomorrow, or of somebody's own: no statement asks it, the database does."""
    tag = editor.make("tags", name=f"Tenu {uuid.uuid4()}", kind="topic")
    server.sql(f"create table tomorrow (tag uuid references tags); insert into tomorrow values ('{tag['id']}')")
    try:
        problem = editor.request("DELETE", f"/v1/desk/tags/{tag['id']}", 409, headers={"If-Match": "*"}).json()
        assert problem["detail"] == "Something else still refers to it."
    finally:
        server.sql("drop table tomorrow")
    editor.request("DELETE", f"/v1/desk/tags/{tag['id']}", 204, headers={"If-Match": "*"})


def test_what_is_gone_in_the_moment_in_which_it_is_referred_to_is_said_to_be_gone(server, editor):
    article, colleague = editor.make_article(), str(uuid.uuid4())
    server.sql(f"insert into accounts (id, email, name, role, password_hash) select '{colleague}', '{colleague}@parti.test', 'x', 'editor',"
               " password_hash from accounts where email = 'contributor@marbre.test'")
    session = server.sql_session()
    session.send(f"begin; delete from accounts where id = '{colleague}';")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        coming = pool.submit(editor.patch, f"/v1/desk/articles/{article['id']}", {"assignee": colleague}, 1, 409)
        marbre.wait_for(lambda: server.sql("select count(*) from pg_locks where not granted") != "0", "it to wait for the other")
        session.send("commit;")
        assert coming.result().json()["detail"] == "What it refers to is not there any more."
    session.close()
