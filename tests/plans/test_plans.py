"""What delivery reads, against a large newsroom: no table from end to end, and few rows more than it answers, whether a
filter's value is common, rare or absent, and also where PostgreSQL plans once for all values.

`make test-slow`; SCALE says how many articles there are (200,000).
"""
import json
import os
import re
import shutil
import tempfile
import pathlib

import pytest

import marbre

SCALE = int(os.environ.get("SCALE", 200_000))
LIMIT = 20
# What a list is read from. The cards' own parts are read by key, for the items of one page only.
LARGE = "('publications', 'public_listings', 'articles', 'article_contents', 'article_slugs', 'article_sections', 'article_tags', 'article_authors', 'tags')"


@pytest.fixture(scope="module")
def newsroom():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="marbre-plans-", dir="/tmp"))
    folder.chmod(0o755)
    server = marbre.Server.dev(folder / "run", "--empty", "--scale", str(SCALE), patience=1200)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


def statement(name, **values):
    """A statement of the newsroom, to be prepared and executed with these values; what is not given is null."""
    text = re.sub(r"--.*", "", (marbre.ROOT / f"src/newsroom/{name}.sql").read_text())
    names = list(dict.fromkeys(re.findall(r"(?<![:\w]):([a-z_0-9]+)", text)))
    for number, parameter in enumerate(names, 1):
        text = re.sub(rf"(?<![:\w]):{parameter}\b", f"${number}", text)
    given = {"query_limit": LIMIT, "query_sort": "-published_at", "config_article_url": "/{slug}", "query_body": "blocks", **values}
    literals = ["null" if given.get(parameter) is None else "'" + str(given[parameter]) + "'" for parameter in names]
    return f"prepare asked as {text};\n", f"execute asked({', '.join(literals)});\n"


def reads(server, name, generic, **values):
    """The rows that a statement reads of lists, its scans from end to end, and how many items it answers."""
    prepare, execute = statement(name, **values)
    told = server.sql(
        "set enable_indexonlyscan = off;\n"  # what is read of an index alone is not counted
        f"set plan_cache_mode = {'force_generic_plan' if generic else 'auto'};\n{prepare}begin;\n\\o /dev/null\n{execute}\\o\n"
        "select json_build_object('scans', (select sum(seq_scan) from pg_stat_xact_user_tables"
        f" where schemaname = 'marbre' and relname in {LARGE}), 'rows', (select sum(coalesce(idx_tup_fetch, 0) + seq_tup_read)"
        " from pg_stat_xact_user_tables where relname in ('publications', 'public_listings')));\nrollback;\n\\t\n\\a\n" + execute,
        role="marbre_server")
    counts = json.loads(re.search(r'{"scans".*?}', told)[0])
    return counts["rows"], counts["scans"], told.count('"slug" : "article-')


CASES = {
    "everything": {}, "oldest first": {"query_sort": "published_at"}, "a language": {"query_lang": "fr"},
    "a rare language": {"query_lang": "en"}, "no such language": {"query_lang": "de"},
    "a common section": {"query_section": "{rubrique-1}"}, "a rare section": {"query_section": "{rubrique-25}"},
    "no such section": {"query_section": "{nulle-part}"}, "two sections": {"query_section": "{rubrique-1,rubrique-25}"},
    "a common tag": {"query_tag": "{mot-1}"}, "a rare tag": {"query_tag": "{mot-1999}"}, "no such tag": {"query_tag": "{nulle-part}"},
    "a common author": {"query_author": "{plume-1}"}, "a rare author": {"query_author": "{plume-400}"},
    "a tag in a section": {"query_tag": "{mot-1}", "query_section": "{rubrique-1}"},
    "a rare tag in a section": {"query_tag": "{mot-1999}", "query_section": "{rubrique-1}"},
    "since long ago": {"query_since": "2000-01-01T00:00:00Z"}, "until long ago": {"query_until": "2000-01-01T00:00:00Z"},
    "a section until long ago": {"query_section": "{rubrique-1}", "query_until": "2000-01-01T00:00:00Z"},
}


@pytest.mark.parametrize("generic", [False, True], ids=["each planned", "planned once"])
@pytest.mark.parametrize("case", CASES)
def test_a_page_reads_few_rows_more_than_it_shows(newsroom, case, generic):
    rows, scans, items = reads(newsroom, "articles/list", generic, **CASES[case])
    pages = 2 if case == "two sections" else 1  # each is walked for a page
    assert scans == 0, f"{case}: a table was read from end to end"
    choosing = 2 * 50 if "in a section" in case else 0  # which of two lists is thinner is looked at, so far
    between = 10 if "in a section" in case else 1  # of the thinner list, the few that are in the other, each looked up
    assert rows <= 3 * max(items, pages * (LIMIT + 1)) * pages * between + 50 + choosing, f"{case}: {rows} rows for {items} items"
    assert items == LIMIT or "such" in case or "rare" in case or "until" in case


@pytest.mark.parametrize("generic", [False, True], ids=["each planned", "planned once"])
def test_deep_pages_read_as_few_as_the_first(newsroom, generic):
    deep = newsroom.sql("select published_at || '|' || article_id from publications order by published_at limit 1 offset 500").split("|")
    for more in ({}, {"query_section": "{rubrique-1}"}, {"query_tag": "{mot-1}"}, {"query_lang": "fr"}):
        rows, scans, _ = reads(newsroom, "articles/list", generic, cursor_1=deep[0], cursor_2=deep[1], **more)
        assert scans == 0 and rows <= 3 * (LIMIT + 1) + 50, more


@pytest.mark.parametrize("generic", [False, True], ids=["each planned", "planned once"])
def test_one_article_and_what_is_related_to_it_read_a_bounded_number(newsroom, generic):
    rows, scans, items = reads(newsroom, "articles/read", generic, path_slug="article-77")
    assert scans == 0 and rows <= 10 and items == 1
    rows, scans, items = reads(newsroom, "articles/list_related", generic, path_slug="article-77", query_limit=5)
    assert scans == 0 and rows <= 600 and items == 5
    rows, scans, items = reads(newsroom, "articles/read", generic, path_slug="nulle-part")
    assert scans == 0 and rows == 0 and items == 0
    article = newsroom.sql("select article_id from article_slugs where slug = 'article-77'")
    rows, scans, items = reads(newsroom, "articles/redirect_by_id", generic, id=article)
    assert scans == 0 and rows <= 5


@pytest.mark.parametrize("generic", [False, True], ids=["each planned", "planned once"])
@pytest.mark.parametrize("kind, common, rare", [("sections", "rubrique-1", "rubrique-25"), ("tags", "mot-1", "mot-1999"),
                                                ("authors", "plume-1", "plume-400")])
def test_a_page_of_something_with_its_newest_articles_reads_as_few(newsroom, generic, kind, common, rare):
    for slug in (common, rare):
        rows, scans, items = reads(newsroom, f"{kind}/read", generic, path_slug=slug, query_include="{articles}")
        assert scans == 0 and 0 < items <= LIMIT and rows <= 3 * (LIMIT + 1) + 50
    assert reads(newsroom, f"{kind}/read", generic, path_slug="nulle-part", query_include="{articles}")[1:] == (0, 0)


@pytest.mark.parametrize("generic", [False, True], ids=["each planned", "planned once"])
@pytest.mark.parametrize("kind, name", [("tags", "Mot 5"), ("authors", "Plume 2")])
def test_lists_of_names_walk_their_index(newsroom, generic, kind, name):
    for cursor in ({}, {"cursor_1": name, "cursor_2": "00000000-0000-7000-8000-000000000000"}):
        assert reads(newsroom, f"{kind}/list", generic, **cursor)[1] == 0
