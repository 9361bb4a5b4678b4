"""The sample newsroom is one to try things out on: every filter has something to show, every kind of block is somewhere,
and nothing in it leads nowhere."""
import datetime
import html
import re

import pytest

import marbre

NEW_SLUG, OLD_SLUG = "crue-de-l-orvance-une-nuit-a-pont-lorme", "l-orvance-en-crue"


@pytest.fixture(scope="module")
def newsroom(scratch):
    server = marbre.Server.dev(scratch / "sample")
    yield server
    assert server.stop() == 0
    assert "ERROR: AddressSanitizer" not in server.log_text() and "runtime error" not in server.log_text()


@pytest.fixture(scope="module")
def public(newsroom):
    """What readers see, with everything, newest first."""
    reader = newsroom.client()
    slugs = [card["slug"] for card in reader.get("/v1/articles?limit=100", 200).json()["data"]]
    return [reader.get(f"/v1/articles/{slug}", 200).json() for slug in slugs]


@pytest.fixture(scope="module")
def desk(newsroom):
    """What the desk sees, by state."""
    cards = newsroom.client("chief").get("/v1/desk/articles?limit=100", 200).json()["data"]
    return {state: [card for card in cards if card["status"] == state] for state in {card["status"] for card in cards}}


def blocks(value):
    """Every object with a type in a body, however deep."""
    if isinstance(value, list):
        for item in value:
            yield from blocks(item)
    elif isinstance(value, dict):
        if "_type" in value:
            yield value
        for item in value.values():
            yield from blocks(item)


def all_blocks(public):
    return [block for article in public for block in blocks(article["body"])]


def slugs_of(newsroom, query):
    return [card["slug"] for card in newsroom.client().get(f"/v1/articles?limit=100&{query}", 200).json()["data"]]


def day(ago):
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_there_is_a_year_of_stories_in_two_languages(public):
    assert len(public) >= 40
    french = [article for article in public if article["lang"] == "fr"]
    english = [article for article in public if article["lang"] == "en"]
    assert len(french) >= 25 and len(english) >= 12 and len(french) + len(english) == len(public)
    months = {article["published_at"][:7] for article in public}
    assert len(months) >= 11 and public[0]["published_at"] > day(1) and public[-1]["published_at"] < day(330)
    words = sorted(article["word_count"] for article in public)
    assert len([count for count in words if count >= 900]) >= 3 and words[len(words) // 2] in range(200, 450)


def test_every_filter_shows_some_stories_and_leaves_some_out(newsroom, public):
    everything = {article["slug"] for article in public}
    for query in ("section=societe", "tag=eau", "tag=eau&tag=transports", "tag.all=eau&tag.all=climat", "author=malo-kerjadec",
                  "lang=en", f"since={day(60)}", f"until={day(60)}", f"ids={public[3]['id']}", "section=societe&lang=fr&tag=patrimoine"):
        some = set(slugs_of(newsroom, query))
        assert some and some < everything, query


def test_what_a_filter_shows_is_what_it_says(newsroom, public):
    def where(test):
        return [article["slug"] for article in public if test(article)]

    def named(articles, field):
        return {item["slug"] for item in articles[field]}

    assert slugs_of(newsroom, "tag=eau") == where(lambda article: "eau" in named(article, "tags"))
    assert slugs_of(newsroom, "tag.all=eau&tag.all=climat") == where(lambda article: {"eau", "climat"} <= named(article, "tags"))
    assert slugs_of(newsroom, "author=malo-kerjadec") == where(lambda article: "malo-kerjadec" in named(article, "authors"))
    assert slugs_of(newsroom, "lang=en") == where(lambda article: article["lang"] == "en")
    assert slugs_of(newsroom, "sort=published_at") == [article["slug"] for article in reversed(public)]
    assert slugs_of(newsroom, f"since={day(60)}") + slugs_of(newsroom, f"until={day(60)}") == [article["slug"] for article in public]


def test_a_section_has_the_stories_of_those_below_it(newsroom, public):
    tree = newsroom.client().get("/v1/sections", 200).json()["data"]
    children = [child for section in tree for child in section["children"]]
    assert len(tree) + len(children) >= 8 and len(children) >= 4
    for section in [*tree, *children]:
        below = {section["slug"], *(child["slug"] for child in section["children"])}
        filed = {article["slug"] for article in public if below & {item["slug"] for item in article["sections"]}}
        assert set(slugs_of(newsroom, f"section={section['slug']}")) == filed != set(), section["slug"]
    societe = {article["slug"] for article in public if "societe" in {item["slug"] for item in article["sections"]}}
    assert societe < set(slugs_of(newsroom, "section=societe")), "some stand in a section below only"
    pairs = {tuple(item["slug"] for item in article["sections"]) for article in public}
    assert ("politique", "international") in pairs and ("international", "politique") in pairs, "the order is an editor's"


def test_tags_of_every_kind_are_shared_by_stories(newsroom, public):
    tags = newsroom.client().get("/v1/tags?limit=100", 200).json()["data"]
    kinds = newsroom.contract.spec["components"]["schemas"]["TagKind"]["enum"]
    assert {tag["kind"] for tag in tags} == set(kinds)
    for tag in tags:
        assert len([article for article in public if tag["slug"] in {item["slug"] for item in article["tags"]}]) >= 2, tag["slug"]


def test_stories_have_others_related_to_them(newsroom, public):
    reader = newsroom.client()
    for article in public:
        assert reader.get(f"/v1/articles/{article['slug']}/related", 200).json()["data"], article["slug"]
    chosen = [article["related"] for article in public if article["related"]]
    assert len(chosen) >= 8
    known = {article["id"] for article in public}
    assert {card["id"] for cards in chosen for card in cards} <= known


def test_every_kind_of_block_and_mark_is_somewhere(newsroom, public):
    found = all_blocks(public)
    types = {block["_type"] for block in found}
    assert types == {"block", "span", "link", "internal_link", "pullquote", "table", "image", "gallery", "embed", "factbox", "code", "divider"}
    paragraphs = [block for block in found if block["_type"] == "block"]
    assert {block["style"] for block in paragraphs} == {"normal", "h2", "h3", "h4", "blockquote"}
    assert {(block["listItem"], block["level"]) for block in paragraphs if "listItem" in block} >= {
        ("bullet", 1), ("bullet", 2), ("bullet", 3), ("bullet", 4), ("number", 1), ("number", 2)}
    marks = {mark for block in found if block["_type"] == "span" for mark in block["marks"]}
    assert marks >= {"strong", "em", "underline", "strike-through", "code", "sub", "sup"}
    quotes = [block for block in found if block["_type"] == "pullquote"]
    for role in ("statement", "excerpt"):
        assert any(quote["role"] == role and quote.get("attribution") for quote in quotes)
    assert any(quote.get("source") and quote.get("source_url") for quote in quotes)
    assert any(block["_type"] == "table" and block["header_rows"] and block["header_columns"] and block.get("caption") for block in found)
    assert any(block["_type"] == "image" and block.get("layout") == "wide" and block.get("credit") for block in found)


def test_every_link_to_a_story_leads_to_one_that_readers_see(newsroom, public):
    reader, ids = newsroom.client(), {article["id"] for article in public}
    links = [block["article"] for block in all_blocks(public) if block["_type"] == "internal_link"]
    assert len(links) >= 10 and set(links) <= ids
    for link in sorted(set(links)):
        address = reader.get(f"/v1/articles/by-id/{link}", 308).headers["Location"]
        reader.get(address, 200)


def test_authors_are_told_of_and_credited_for_what_they_did(newsroom, public):
    authors = newsroom.client().get("/v1/authors?limit=100", 200).json()["data"]
    assert len(authors) >= 8 and all(author["bio"] for author in authors)
    assert any(author["links"] for author in authors) and any(author["image"] for author in authors)
    credits = [author for article in public for author in article["authors"]]
    assert {author["slug"] for author in credits} == {author["slug"] for author in authors}
    roles = newsroom.contract.spec["components"]["schemas"]["CreditRole"]["enum"]
    assert {author["role"] for author in credits} == set(roles)
    assert any([author["role"] for author in article["authors"]].count("by") == 2 for article in public)
    own = {author["slug"]: author["bio"] for author in authors}
    assert len([author for author in credits if author["bio"] != own[author["slug"]]]) >= 3, "bios written for one story"


def test_stories_differ_in_what_they_have_beside_a_body(public):
    for field in ("kicker", "standfirst"):
        assert len([article for article in public if article[field]]) >= 30, field
    assert any(article["standfirst"] is None for article in public)
    assert any(article["teaser"] != article["standfirst"] for article in public)
    images = [article["image"] for article in public if article["image"]]
    assert len(images) >= 8 and all(image["alt"] and image["caption"] and image["credit"] for image in images)
    assert any(article["seo"]["title"] for article in public) and any(article["seo"]["canonical_url"] for article in public)
    assert any(article["seo"]["noindex"] for article in public)
    assert [article["slug"] for article in public if article["no_sponsorship"]] == ["eboulement-de-haute-lorme"]


def test_one_story_has_all_that_the_first_newsrooms_page_has(newsroom):
    story = newsroom.client().get("/v1/articles/barenne-a-pont-lorme?body=html", 200).json()
    page = story["body_html"]
    assert [section["name"] for section in story["sections"]] == ["International", "Politique"]
    assert story["standfirst"] and story["authors"][0]["bio"] and story["word_count"] > 900
    assert page.count("<h2") >= 5 and "<table" in page
    for role in ("statement", "excerpt"):
        assert re.search(rf'<figure class="pullquote pullquote-{role}">.*?<figcaption>', page)
    assert re.search(r'parrainage.*<a href="mailto:[^"]*"', page[page.rindex("<p>"):]), "the last line invites sponsors to write"


def test_what_is_to_come_and_what_was_taken_back_is_not_there(newsroom, desk):
    reader = newsroom.client()
    hidden = {"le-traite-revise-article-par-article": "published", "la-ligne-de-brosselle-fermera-en-mars": "unpublished"}
    for slug, state in hidden.items():
        assert slug in {card["slug"] for card in desk[state]}
        reader.get(f"/v1/articles/{slug}", 404)
    for state in ("draft", "in_review", "approved"):
        assert desk[state]
        for card in desk[state]:
            reader.get(f"/v1/articles/{card['slug']}", 404)
    assert len(desk["draft"]) >= 2


def test_a_renamed_story_is_found_under_both_slugs_and_says_that_it_was_updated(newsroom):
    reader = newsroom.client()
    assert reader.get(f"/v1/articles/{OLD_SLUG}", 308).headers["Location"] == f"/v1/articles/{NEW_SLUG}"
    story = reader.get(f"/v1/articles/{NEW_SLUG}", 200).json()
    assert story["published_at"] < story["updated_at"] < day(40)


def test_one_story_is_being_rewritten_while_readers_see_the_old_text(newsroom, desk):
    changed = [card for card in desk["published"] if card["has_changes"]]
    assert [card["slug"] for card in changed] == ["a-merlieu-le-tram-s-arrete-a-la-frontiere"]
    assert newsroom.client().get(f"/v1/articles/{changed[0]['slug']}", 200).json()["title"] != changed[0]["title"]


def test_french_is_set_as_french(newsroom, public):
    """With spaces that do not break inside of guillemets and before high punctuation, and with apostrophes."""
    reader = newsroom.client()
    for article in public:
        if article["lang"] == "fr":
            page = reader.get(f"/v1/articles/{article['slug']}?body=html", 200).json()["body_html"]
            text = re.sub(r"<pre.*?</pre>|<[^>]*>", "", page, flags=re.S)
            text = " ".join([html.unescape(text), article["title"], article["standfirst"] or "", article["teaser"] or ""])
            assert not re.findall(r".{0,9}(?:« | »|\S [;:!?](?!\S)|\w'\w)", text), article["slug"]
