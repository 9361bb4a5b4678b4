"""An older marbre beside this one, each on a newsroom of its own: what a change made quicker or slower."""
import contextlib
import json
import os

import marbre
from delivery import BY_SLUG, newsroom, read
from itself import article_of
from measure import pair
from pgbench import over_http
from saving import ARTICLES, SAVE, STAMP

SCALE = int(os.environ.get("SCALE", 200_000))


@contextlib.contextmanager
def as_binary(path):
    """What is started meanwhile is this binary."""
    now = os.environ["MARBRE_BINARY"]
    os.environ["MARBRE_BINARY"] = path
    try:
        yield
    finally:
        os.environ["MARBRE_BINARY"] = now


def saves(server, script):
    """Makes articles, writes the load that saves them, and gives what measures it."""
    editor = server.client("editor")
    body = json.loads(article_of(6000))["body"]
    body[0]["children"][0]["text"] += " " + STAMP
    ids = [editor.make_article(title=f"Récit {n}")["id"] for n in range(ARTICLES)]
    script.write_text(SAVE % (", ".join(f'"{i}"' for i in ids), editor.grant["access_token"],
                              json.dumps({"body": body}, ensure_ascii=False), STAMP))
    return lambda: over_http(server, "", connections=8, script=script)


def bench_before(folder):
    older = os.environ.get("OLDER")
    if not older:
        print("before: OLDER names no binary; nothing to compare with")
        return
    by_slug = folder / "by-slug.lua"
    by_slug.write_text(BY_SLUG)
    with contextlib.ExitStack() as servers:
        now = newsroom(folder, "now", SCALE)
        servers.callback(now.stop)
        with as_binary(older):
            then = newsroom(folder, "then", SCALE)
            servers.callback(then.stop)
        print(f"of {SCALE:,} articles, one worker, against {older}; CPU: with PostgreSQL's")
        for what, path, script in (
                ("an article by its slug", "", by_slug), ("a list of 20", "/v1/articles", None),
                ("a section's list of 20", "/v1/articles?section=rubrique-1", None),
                ("a tag in a section", "/v1/articles?section=rubrique-1&tag=mot-1", None),
                ("what is related to one", "/v1/articles/article-77/related", None)):
            pair(what, lambda: read(now, path, script), lambda: read(then, path, script))
        pair("a save of 12 KB, 8 clients", saves(now, folder / "now.lua"), saves(then, folder / "then.lua"))


