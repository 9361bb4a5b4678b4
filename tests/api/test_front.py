"""The front page of `marbre dev`: a newspaper on the public API, which production does not have."""
import re

import pytest

import marbre
from test_docs import STRICT, Page, policy

FILES = {"/docs/front.js": "text/javascript; charset=utf-8", "/docs/front.css": "text/css; charset=utf-8"}


@pytest.fixture(scope="module")
def front(reader):
    return Page(reader.get("/", 200).text)


def test_dev_has_a_front_page_with_a_script_of_its_own_and_no_other(reader, front):
    reply = reader.get("/", 200)
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8" and reply.headers["X-Content-Type-Options"] == "nosniff"
    assert policy(reply) == {**STRICT, **{f"{kind}-src": "'self'" for kind in ("script", "style", "img", "connect")}}
    scripts = [attributes for tag, attributes in front.elements if tag == "script"]
    assert [script["src"] for script in scripts] == ["/docs/front.js"]
    assert front.has("html", lang="en") and front.has("main") and front.has("noscript") and len(set(front.ids)) == len(front.ids)
    reader.get("/", 304, headers={"If-None-Match": reply.headers["ETag"]})
    for path, media in FILES.items():
        assert reader.get(path, 200).headers["Content-Type"] == media


def test_all_that_the_page_links_to_is_there(reader, front):
    for link in front.links:
        assert link.startswith(("/", "#")) and not link.startswith("//"), link
        if link.startswith("#/"):
            reader.get("/v1/articles" + link[2:], 200)  # a list of the newspaper is one of the API
        elif link.startswith("#"):
            assert link[1:] in front.ids
        else:
            reader.get(link, 200)
    assert {"/docs", "/docs/plain", "/openapi.json", "/problems", "/v1/articles"} <= set(front.links)


def test_the_accounts_that_the_page_names_can_log_in(server, front):
    emails = re.findall(r"\w+@marbre\.test", front.text)
    assert len(emails) == 5 and marbre.PASSWORD in front.text
    for email in emails:
        marbre.Client(server, email=email)


def test_the_script_takes_markup_from_nothing_but_the_body(reader):
    script = reader.get("/docs/front.js", 200).text
    assert re.findall(r"parseFromString\((\w+\.\w+)", script) == ["article.body_html"]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|\bstyle\b", script)


def test_production_has_no_front_page(server):
    production = server.serve_beside()
    try:
        reader = production.client()
        for path in ("/", *FILES):
            problem = reader.get(path, 404).json()
            assert problem["type"] == "/problems/not-found"
            assert marbre.PASSWORD not in str(problem)
        reader.get("/docs/page.css", 200)
    finally:
        production.stop()
