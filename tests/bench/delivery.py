"""What readers read, out of PostgreSQL: by slug, in lists, deep in them, and in newsrooms of two sizes."""
import os

import requests

import marbre
from measure import pair
from pgbench import over_http, pgbench, statement

SCALE = int(os.environ.get("SCALE", 1_000_000))
SMALL = 10_000
SOME = 5_000  # articles that are asked for by name, in both newsrooms
CONFIGURED = {"config_article_url": "'/articles/{slug}'"}

BY_SLUG = f"request = function() return wrk.format('GET', '/v1/articles/article-' .. math.random(1, {SOME})) end\n"


def newsroom(folder, name, articles):
    return marbre.Server.dev(folder / name, "--empty", "--scale", str(articles), environment={"MARBRE_WORKERS": "1"},
                             patience=1800)


def read(server, path, script=None):
    return over_http(server, path, connections=16, script=script)


def nth_page(server, number):
    """The path of a page of 20 that one gets to by following `next`."""
    session, path = requests.Session(), "/v1/articles?limit=20"
    for _ in range(number - 1):
        path = "/v1/articles?limit=20&cursor=" + session.get(server.url + path, timeout=10).json()["next"]
    return path


def bench_delivery(folder):
    by_slug = folder / "by-slug.lua"
    by_slug.write_text(BY_SLUG)
    one, many = folder / "one.pgbench", folder / "many.pgbench"
    one.write_text(f"\\set n random(1, {SOME})\n" + statement(
        "articles/read", path_slug="('article-' || :n)", query_body="'blocks'", **CONFIGURED))
    many.write_text(statement("articles/list", query_limit="20", query_sort="'-published_at'", **CONFIGURED))
    large = newsroom(folder, "large", SCALE)
    try:
        print(f"of {SCALE:,} articles, one worker, no cache; against pgbench -M prepared -c8 (CPU: with PostgreSQL's)")
        pair(f"an article by its slug, one of {SOME:,}", lambda: read(large, "", by_slug), lambda: pgbench(large, one))
        pair("a list of 20", lambda: read(large, "/v1/articles"), lambda: pgbench(large, many))
        deep = nth_page(large, 1000)
        pair("page 1,000 against page 1", lambda: read(large, deep), lambda: read(large, "/v1/articles"))
        small = newsroom(folder, "small", SMALL)
        try:
            for what, path, script in (
                    ("an article by its slug", "", by_slug), ("a list of 20", "/v1/articles", None),
                    ("a section's list of 20", "/v1/articles?section=rubrique-1", None),
                    ("a tag in a section", "/v1/articles?section=rubrique-1&tag=mot-1", None),
                    ("what is related to one", "/v1/articles/article-77/related", None)):
                pair(f"{what}: of {SCALE:,} articles against {SMALL:,}",
                     lambda: read(large, path, script), lambda: read(small, path, script))
        finally:
            small.stop()
    finally:
        large.stop()
