"""What readers find under what: every filter by itself and with others, in both orders, page by page."""
import itertools

import pytest

numbers = itertools.count(1)


@pytest.fixture(scope="module")
def shelf(server, chief):
    """Stories of a section with one below it, two tags, two authors, two languages; `shelf.found(query)` names them."""
    class Shelf:
        world = chief.make("sections", name="Le monde des listes")
        asia = chief.make("sections", name="Asie des listes")
        sport = chief.make("sections", name="Sport des listes")
        tags = {name: chief.make("tags", name=f"{name} des listes", kind="topic") for name in ("gaz", "rail", "rare", "solo")}
        authors = {name: chief.make("authors", name=f"{name} des listes") for name in ("Ana", "Bo")}
        stories = {}

        def found(self, query, **options):
            reply = server.client().get("/v1/articles?" + query.replace("+", "-des-listes"), 200, **options).json()
            return [self.name_of.get(item["id"], item["slug"]) for item in reply["data"]]

        def publish(self, name, sections=(), tags=(), authors=(), lang="fr"):
            article = chief.make_article(title=f"Liste {name} {next(numbers)}", lang=lang, sections=[s["id"] for s in sections],
                                         tags=[self.tags[t]["id"] for t in tags],
                                         authors=[{"id": self.authors[a]["id"], "role": "by"} for a in authors])
            self.stories[name] = chief.act(article, "publish")
            return self.stories[name]

        @property
        def name_of(self):
            return {story["id"]: name for name, story in self.stories.items()}

    shelf = Shelf()
    server.sql(f"update sections set parent_id = '{shelf.world['id']}' where id = '{shelf.asia['id']}'")
    shelf.publish("a", [shelf.world], ["gaz"], ["Ana"])
    shelf.publish("b", [shelf.asia], ["gaz", "rail"], ["Ana", "Bo"])
    shelf.publish("c", [shelf.sport, shelf.asia], ["rail"], ["Bo"], lang="en")
    shelf.publish("d", [shelf.sport], ["gaz", "rail", "rare"], lang="en")
    shelf.publish("e", [shelf.world, shelf.sport])
    return shelf


@pytest.mark.parametrize("query, names", [
    ("section=le-monde+", "ecba"), ("section=asie+", "cb"), ("section=sport+", "edc"),
    ("section=asie+&section=sport+", "edcb"), ("section=le-monde+&section=sport+", "edcba"),
    ("tag=gaz+", "dba"), ("tag=rare+", "d"), ("tag=gaz+&tag=rail+", "dcba"), ("tag.all=gaz+&tag.all=rail+", "db"),
    ("tag.all=gaz+&tag.all=rail+&tag.all=rare+", "d"), ("author=ana+", "ba"), ("author=bo+&author=ana+", "cba"),
    ("section=le-monde+&tag=rail+", "cb"), ("section=sport+&tag.all=gaz+&tag.all=rail+", "d"),
    ("section=asie+&tag=gaz+&author=bo+", "b"), ("section=le-monde+&author=ana+&tag.all=rail+", "b"),
    ("section=sport+&lang=en", "dc"), ("section=sport+&lang=fr", "e"), ("section=sport+&lang=de", ""),
    ("section=nulle-part+", ""), ("tag=nulle-part+", ""), ("tag=gaz+&tag=nulle-part+", "dba"), ("tag.all=gaz+&tag.all=nulle-part+", ""),
    ("section=le-monde+&author=nobody+", ""), ("tag=gaz+&tag=gaz+", "dba"),
    ("section=le-monde+&sort=published_at", "abce"), ("tag=gaz+&tag=rail+&sort=published_at", "abcd")])
def test_filters_find_what_they_say(shelf, query, names):
    assert shelf.found(query) == list(names)


def test_times_and_ids_are_filters_like_others(shelf):
    at = {name: story["published_at"] for name, story in shelf.stories.items()}
    both = "section=le-monde+&section=sport+"
    assert shelf.found(f"{both}&since={at['c']}") == list("edc"), "since counts itself"
    assert shelf.found(f"{both}&until={at['c']}") == list("ba"), "until does not"
    assert shelf.found(f"{both}&since={at['b']}&until={at['d']}&sort=published_at") == list("bc")
    ids = "&".join(f"ids={shelf.stories[name]['id']}" for name in "ae")
    assert shelf.found(ids) == ["e", "a"] and shelf.found(ids + "&tag=gaz+") == ["a"]
    assert shelf.found("ids=01890000-0000-7000-8000-000000000000") == []


@pytest.mark.parametrize("limit", [1, 2, 3])
@pytest.mark.parametrize("query", ["section=le-monde+&section=sport+", "tag=gaz+&tag=rail+&sort=published_at", "section=sport+&tag=rail+",
                                   "lang=en&section=sport+"])
def test_pages_follow_each_other_in_both_orders(server, shelf, query, limit):
    whole, found, cursor = shelf.found(query), [], None
    while True:
        path = f"/v1/articles?{query}&limit={limit}".replace("+", "-des-listes") + (f"&cursor={cursor}" if cursor else "")
        page = server.client().get(path, 200).json()
        found += [shelf.name_of[item["id"]] for item in page["data"]]
        assert len(page["data"]) <= limit
        cursor = page["next"]
        if not cursor:
            break
    assert found == whole and len(whole) >= 2


def test_a_cursor_is_bound_to_its_filters_and_their_order(server, shelf):
    page = server.client().get("/v1/articles?tag=gaz-des-listes&limit=1", 200).json()
    for other in ("tag=rail-des-listes", "tag=gaz-des-listes&sort=published_at", "tag=gaz-des-listes&lang=fr", "tag.all=gaz-des-listes", ""):
        problem = server.client().get(f"/v1/articles?{other}&limit=1&cursor={page['next']}", 400).json()
        assert [fault["pointer"] for fault in problem["errors"]] == ["?cursor"]
    assert server.client().get(f"/v1/articles?tag=gaz-des-listes&limit=2&cursor={page['next']}", 200).json()["data"]


def test_a_count_is_given_when_it_is_asked_for(server, shelf):
    def count(query):
        return server.client().get("/v1/articles?" + query.replace("+", "-des-listes"), 200).json().get("count")
    assert count("tag=gaz+") is None
    for how in ("exact", "estimated"):  # so few are always counted
        assert count(f"tag=gaz+&count={how}&limit=1") == 3 and count(f"section=le-monde+&tag=rail+&count={how}") == 2
        assert count(f"tag=nulle-part+&count={how}") == 0 and count(f"count={how}") >= 5
    assert count("section=le-monde+&section=sport+&count=exact") == 5, "each article once"


def test_items_have_what_is_included_and_pages_with_bodies_are_short(server, shelf):
    items = server.client().get("/v1/articles?include=body&include=author_bios&tag=gaz-des-listes", 200).json()["data"]
    assert all(isinstance(item["body"], list) for item in items) and "bio" in items[-1]["authors"][0]
    plain = server.client().get("/v1/articles?tag=gaz-des-listes", 200).json()["data"]
    assert all("body" not in item for item in plain) and "bio" not in plain[-1]["authors"][0]
    problem = server.client().get("/v1/articles?include=everything", 400).json()
    assert problem["errors"][0]["pointer"] == "?include"


def test_what_is_unpublished_or_filed_otherwise_leaves_the_lists(server, chief, shelf):
    story = shelf.publish("f", [shelf.asia], ["rare"])
    assert shelf.found("tag=rare+") == ["f", "d"] and shelf.found("section=le-monde+")[0] == "f"
    story = chief.save(story, tags=[shelf.tags["gaz"]["id"]])
    assert shelf.found("tag=rare+") == ["f", "d"], "until it is published again"
    story = chief.act(story, "publish")
    assert shelf.found("tag=rare+") == ["d"] and shelf.found("tag=gaz+")[0] == "f"
    chief.act(story, "unpublish")
    assert "f" not in shelf.found("tag=gaz+") and "f" not in shelf.found("section=le-monde+")


def test_a_section_that_moves_takes_its_stories_along(server, shelf):
    move = "update sections set parent_id = {} where id = '" + shelf.asia["id"] + "'"
    server.sql(move.format("null"))
    assert shelf.found("section=le-monde+") == list("ea") and shelf.found("section=asie+") == list("cb")
    server.sql(move.format(f"'{shelf.world['id']}'"))
    assert shelf.found("section=le-monde+") == list("ecba")


def test_related_stories_have_most_in_common_and_are_not_the_story_itself(server, shelf):
    def related(name, more=""):
        reply = server.client().get(f"/v1/articles/{shelf.stories[name]['slug']}/related{more}", 200)
        return [shelf.name_of[item["id"]] for item in reply.json()["data"]]
    assert related("b")[0] == "c" and "b" not in related("b"), "a section, the one above, a tag and an author"
    assert related("b", "?limit=1") == ["c"] and set(related("e")) == set("abcd")
    server.client().get("/v1/articles/nulle-part/related", 404)


def test_what_shares_nothing_is_not_related(server, chief, shelf):
    alone = chief.act(chief.make_article(title="Seul au monde"), "publish")
    shelf.publish("solo", tags=["solo"])
    for slug in (alone["slug"], shelf.stories["solo"]["slug"]):
        assert server.client().get(f"/v1/articles/{slug}/related", 200).json()["data"] == []


def test_what_the_editor_chose_comes_first_among_what_is_related(server, chief, shelf):
    far = chief.act(chief.make_article(title="Loin de tout"), "publish")
    hidden = chief.make_article(title="Pas encore public")
    kept = chief.get(f"/v1/desk/articles/{shelf.stories['b']['id']}", 200).json()
    story = chief.act(chief.save(kept, related=[hidden["id"], far["id"], shelf.stories["e"]["id"]]), "publish")
    related = server.client().get(f"/v1/articles/{story['slug']}/related", 200).json()["data"]
    assert [item["id"] for item in related[:3]] == [far["id"], shelf.stories["e"]["id"], shelf.stories["c"]["id"]]
    assert len({item["id"] for item in related}) == len(related) and hidden["id"] not in {item["id"] for item in related}
    card = next(item for item in server.client().get("/v1/articles?section=asie-des-listes&include=related", 200).json()["data"]
                if item["id"] == story["id"])
    assert [item["id"] for item in card["related"]] == [far["id"], shelf.stories["e"]["id"]]
    chief.act(chief.save(story, related=[]), "publish")


@pytest.mark.parametrize("page, names", [("sections/le-monde+", "ecba"), ("sections/asie+", "cb"), ("tags/gaz+", "dba"),
                                         ("authors/bo+", "cb")])
def test_a_page_of_something_comes_with_its_newest_articles(server, shelf, page, names):
    address = "/v1/" + page.replace("+", "-des-listes")
    plain = server.client().get(address, 200)
    assert "articles" not in plain.json()
    full = server.client().get(address + "?include=articles", 200)
    articles = full.json()["articles"]
    assert [shelf.name_of[item["id"]] for item in articles] == list(names)
    assert {**plain.json(), "articles": articles} == full.json() and "list:articles" in full.headers["Surrogate-Key"]
    kind, slug = page.split("/")
    listed = server.client().get(f"/v1/articles?{kind[:-1]}={slug.replace('+', '-des-listes')}", 200).json()["data"]
    assert articles == listed, "the same cards as in a list"


def test_a_page_that_moved_leads_to_the_present_one_with_its_articles(server, chief):
    tag = chief.make("tags", name="Renommé avec articles", kind="topic")
    chief.patch(f"/v1/desk/tags/{tag['id']}", {"slug": "renomme-depuis-avec-articles"}, tag["version"], 200)
    reply = server.client().get(f"/v1/tags/{tag['slug']}?include=articles", 308)
    assert reply.headers["Location"] == "/v1/tags/renomme-depuis-avec-articles?include=articles"


def test_an_article_stands_under_the_keys_of_what_it_names(server, shelf):
    story = shelf.stories["b"]
    keys = server.client().get(f"/v1/articles/{story['slug']}", 200).headers["Surrogate-Key"].split()
    assert {f"article:{story['id']}", f"section:{shelf.asia['id']}", f"tag:{shelf.tags['gaz']['id']}",
            f"author:{shelf.authors['Bo']['id']}"} <= set(keys)
    assert len(keys) == len(set(keys))


def test_no_slug_is_a_word_that_stands_where_one_may_stand(server, chief):
    paths = [path.split("/") for path in server.contract.spec["paths"]]
    words = {other[at] for path in paths for at, part in enumerate(path) if part == "{slug}"
             for other in paths if other[:at] == path[:at] and len(other) > at and "{" not in other[at]}
    assert "by-id" in words
    for word in words:
        title = word.replace("-", " ").capitalize()
        for path, body in (("articles", {"title": "x"}), ("tags", {"name": "x", "kind": "topic"}), ("sections", {"name": "x"}),
                           ("authors", {"name": "x"})):
            (fault,) = chief.post(f"/v1/desk/{path}", {**body, "slug": word}, 422).json()["errors"]
            assert fault["pointer"] == "/slug" and word in fault["detail"]
        assert chief.make_article(title=title)["slug"] == f"{word}-2" and chief.make_article(title=title)["slug"] == f"{word}-2-2"
        assert chief.make("tags", name=title, kind="topic")["slug"] == f"{word}-2"


def test_an_id_leads_to_the_present_address(server, chief, shelf):
    story = shelf.stories["a"]
    reply = server.client().get(f"/v1/articles/by-id/{story['id']}", 308)
    assert reply.headers["Location"] == f"/v1/articles/{story['slug']}"
    server.client().get("/v1/articles/by-id/01890000-0000-7000-8000-000000000000", 404)
    server.client().get("/v1/articles/by-id", 404)
    draft = chief.make_article(title="Encore en travail")
    server.client().get(f"/v1/articles/by-id/{draft['id']}", 404)


def test_ties_in_time_lose_no_story(server, chief, shelf):
    same = [shelf.publish(f"t{n}", [shelf.sport], ["rare"]) for n in range(5)]
    ids = ",".join(f"'{story['id']}'" for story in same)
    server.sql(f"update publications set published_at = '2025-01-01' where article_id in ({ids})")
    names, cursor = [], ""
    while cursor is not None:
        page = server.client().get(f"/v1/articles?tag=rare-des-listes&limit=2{cursor and '&cursor=' + cursor}", 200).json()
        names, cursor = names + [shelf.name_of[item["id"]] for item in page["data"]], page["next"]
    assert sorted(names) == ["d", *(f"t{n}" for n in range(5))]
