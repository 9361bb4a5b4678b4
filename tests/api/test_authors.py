"""Authors: what readers learn of them beside their name."""
import itertools

import pytest

numbers = itertools.count(1)
LINKS = [{"label": "Mastodon", "url": "https://social.example/@nadia"}, {"label": "Écrire", "url": "mailto:nadia@journal.example"},
         {"label": "Son site", "url": "http://nadia.example/%C3%A9?a=b#c"}]
IMAGE = {"url": "https://images.example/nadia.jpg", "alt": "Nadia devant un micro", "credit": "Paul Weiss"}


def make(editor, **fields):
    return editor.make("authors", name=f"Plume {next(numbers)}", **fields)


def patch(editor, author, expect=200, **fields):
    return editor.patch(f"/v1/desk/authors/{author['id']}", fields, author["version"], expect).json()


def pointers(problem):
    return sorted({fault["pointer"] for fault in problem["errors"]})


def test_an_author_has_links_and_a_picture_which_readers_see(editor, reader):
    author = make(editor, bio="Reporter.", links=LINKS, image=IMAGE)
    assert author["links"] == LINKS and author["image"] == IMAGE
    seen = reader.get(f"/v1/authors/{author['slug']}", 200).json()
    assert seen == {name: author[name] for name in ("id", "slug", "name", "bio", "links", "image")}
    plain = make(editor)
    assert plain["links"] == [] and plain["image"] is None and plain["bio"] is None
    assert make(editor, links=None, image=None)["links"] == []
    assert make(editor, image={"url": IMAGE["url"], "alt": ""})["image"] == {"url": IMAGE["url"], "alt": "", "credit": None}


@pytest.mark.parametrize("links, pointer", [
    ([{"label": "x", "url": "javascript:alert(1)"}], "/links/0/url"), ([{"label": "x", "url": "ftp://a.example"}], "/links/0/url"),
    ([{"label": "x", "url": "//a.example/"}], "/links/0/url"), ([{"label": "x", "url": "https://a b/"}], "/links/0/url"),
    ([{"label": "x", "url": "https://u:p@a.example/"}], "/links/0/url"), ([{"label": "x", "url": "data:text/html,x"}], "/links/0/url"),
    ([LINKS[0], {"url": "https://a.example/"}], "/links/1/label"), ([{"label": " ", "url": "https://a.example/"}], "/links/0/label"),
    ([{"label": "x"}], "/links/0/url"), (LINKS[:1] * 21, "/links"), ("https://a.example/", "/links"),
    ([{**LINKS[0], "icon": "x"}], "/links/0/icon")])
def test_a_link_has_words_and_an_address_that_runs_nothing(editor, links, pointer):
    assert pointers(editor.post("/v1/desk/authors", {"name": "x", "links": links}, 422).json()) == [pointer]
    assert pointers(patch(editor, make(editor), 422, links=links)) == [pointer]


def test_there_may_be_twenty_links(editor):
    many = [{"label": f"Lien {n}", "url": f"https://{n}.example/"} for n in range(20)]
    assert make(editor, links=many)["links"] == many


@pytest.mark.parametrize("image, pointer", [
    ({"alt": "x"}, "/image/url"), ({"url": "https://a.example/x.jpg"}, "/image/alt"), ({}, "/image"),
    ("https://a.example/x.jpg", "/image"), ({**IMAGE, "url": "mailto:a@b.example"}, "/image/url"),
    ({**IMAGE, "alt": None}, "/image/alt"), ({**IMAGE, "width": 3}, "/image/width")])
def test_a_picture_has_an_address_and_says_what_it_shows(editor, image, pointer):
    told = pointers(editor.post("/v1/desk/authors", {"name": "x", "image": image}, 422).json())
    assert all((one + "/").startswith(pointer + "/") for one in told) and told


def test_a_picture_changes_member_by_member_and_stays_whole(editor):
    author = make(editor)
    assert pointers(patch(editor, author, 422, image={"credit": "Paul"})) == ["/image/alt", "/image/url"]
    author = patch(editor, author, image=IMAGE)
    author = patch(editor, author, image={"credit": None})
    assert author["image"] == {**IMAGE, "credit": None} and author["version"] == 3
    author = patch(editor, author, image={"alt": "Nadia, de face"})
    assert author["image"] == {"url": IMAGE["url"], "alt": "Nadia, de face", "credit": None}
    assert pointers(patch(editor, author, 422, image={"url": None})) == ["/image/url"]
    assert patch(editor, author, image=None)["image"] is None


def test_what_changes_is_named_in_the_audit_and_a_same_list_is_no_change(editor, admin):
    author = make(editor, links=LINKS, image=IMAGE)
    assert patch(editor, author, links=LINKS, image=IMAGE) == author
    author = patch(editor, author, links=LINKS[::-1], image=IMAGE, bio="Autre")
    assert author["links"] == LINKS[::-1]
    act = admin.get(f"/v1/desk/audit?thing={author['id']}&limit=1", 200).json()["data"][0]
    assert act["fields"] == ["bio", "links"] and act["version"] == 2


@pytest.mark.parametrize("value", ["links = null", "links = '{}'", "links = '[{\"label\": \"x\"}]'", "links = '[7]'",
                                   "links = '[{\"label\": \" \", \"url\": \"https://a\"}]'", "image = '{\"url\": \"https://a\"}'",
                                   "links = '[{\"label\": \"x\", \"url\": \"javascript:x\"}]'", "image = '7'",
                                   "image = '{\"url\": \"javascript:x\", \"alt\": \"x\"}'"])
def test_somebody_with_psql_stores_no_other_links_or_pictures(server, editor, value):
    with pytest.raises(RuntimeError, match="violates"):
        server.sql(f"update authors set {value} where id = '{make(editor)['id']}'")


def test_an_author_in_two_parts_of_a_story_stays_in_both_when_replaced(editor):
    old, new = make(editor, bio="Ancienne."), make(editor, bio="Nouvelle.")
    article = editor.make_article(authors=[{"slug": old["slug"], "role": "by"}, {"slug": new["slug"], "role": "photo"},
                                           {"slug": old["slug"], "role": "photo"}, {"slug": new["slug"], "role": "translation"}])
    own = editor.make_article(authors=[{"slug": old["slug"], "role": "by", "bio": "Pour ce récit."}])
    editor.request("DELETE", f"/v1/desk/authors/{old['id']}?replace_with={new['id']}", 204, headers={"If-Match": '"v1"'})
    credits = editor.get(f"/v1/desk/articles/{article['id']}", 200).json()["authors"]
    assert [(one["id"], one["role"], one["bio"]) for one in credits] == [
        (new["id"], "by", "Nouvelle."), (new["id"], "photo", "Nouvelle."), (new["id"], "translation", "Nouvelle.")]
    assert editor.get(f"/v1/desk/articles/{own['id']}", 200).json()["authors"][0]["bio"] == "Pour ce récit."
