"""The contract for people: as JSON, as YAML, as pages; and what each kind of problem means."""
import html.parser
import re

import pytest
import yaml

import marbre

STRICT = {"default-src": "'none'", "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'"}
PAGES = ["/docs", "/docs/plain", "/problems", "/problems/version-conflict"]


class Page(html.parser.HTMLParser):
    """What a page consists of, and whether its elements are closed in the order in which they were opened."""
    VOID = {"meta", "link", "br", "hr", "img", "input"}

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.ids, self.links, self.texts = [], [], [], [], []
        self.feed(text)
        self.text = "".join(self.texts)
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.elements.append((tag, values))
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values[name] for name in ("href", "src") if name in values]
        assert "style" not in values and not any(name.startswith("on") for name in values), (tag, values)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        self.texts.append(data)

    def has(self, tag, **values):
        return any(its == tag and values.items() <= attributes.items() for its, attributes in self.elements)


def policy(reply):
    return dict(part.strip().split(" ", 1) for part in reply.headers["Content-Security-Policy"].split(";"))


def problem_slugs():
    """What the server can answer: the rows of its table, as status and slug."""
    rows = (marbre.ROOT / "src/api/problem.c").read_text()
    return re.findall(r'^    {(\d{3}), "([a-z-]+)"', rows, re.M)


def test_the_contract_as_yaml_is_the_contract_as_json(reader):
    reply = reader.get("/openapi.yaml", 200)
    assert reply.headers["Content-Type"] == "application/yaml"
    assert yaml.safe_load(reply.content.decode()) == reader.get("/openapi.json", 200).json()
    assert yaml.load(reply.content.decode(), yaml.BaseLoader)["openapi"] == "3.1.0"
    reader.get("/openapi.yaml", 304, headers={"If-None-Match": reply.headers["ETag"]})


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_html_that_may_do_no_more_than_it_needs(reader, path):
    reply = reader.get(path, 200)
    page = Page(reply.text)
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8" and reply.headers["X-Content-Type-Options"] == "nosniff"
    assert STRICT.items() <= policy(reply).items() and "unsafe" not in reply.headers["Content-Security-Policy"]
    assert page.has("html", lang="en") and page.has("meta", charset="utf-8") and page.has("title")
    scripts = [attributes for tag, attributes in page.elements if tag == "script"]
    assert all("src" in attributes for attributes in scripts) and (path == "/docs" or not scripts)
    assert "script-src" not in policy(reply) or path == "/docs"
    reader.get(path, 304, headers={"If-None-Match": reply.headers["ETag"]})


def test_no_page_links_to_what_is_not_there_or_elsewhere(reader):
    for path in PAGES:
        page = Page(reader.get(path, 200).text)
        assert len(set(page.ids)) == len(page.ids)
        for link in page.links:
            assert link.startswith(("/", "#")) and not link.startswith("//"), f"{path}: {link}"
            if link[0] == "#":
                assert link[1:] in page.ids, f"{path}: {link}"
            else:
                reader.get(link, 200)


def test_a_file_of_the_pages_has_its_type_and_can_be_kept(reader):
    for name, media in (("page.css", "text/css; charset=utf-8"), ("icon.svg", "image/svg+xml")):
        reply = reader.get("/docs/" + name, 200)
        assert reply.headers["Content-Type"] == media and reply.headers["X-Content-Type-Options"] == "nosniff"
        reader.get("/docs/" + name, 304, headers={"If-None-Match": reply.headers["ETag"]})
    for name in ("no-such.css", "..%2F", "..%2Fplain.html", "%2e%2e%2fopenapi.yaml", "docs.html", "page.css%00"):
        assert reader.get("/docs/" + name).status_code in (400, 404), name


def test_the_plain_page_shows_all_that_the_contract_has(server, reader):
    page = Page(reader.get("/docs/plain", 200).text)
    spec = server.contract.spec
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            assert operation["operationId"] in page.ids and f"{method.upper()} {path}" in page.text
            assert operation["summary"] in page.text
            for parameter in operation.get("parameters", []):
                assert server.contract.resolve(parameter)["name"] in page.text
    for name in spec["components"]["schemas"]:
        assert f"schema-{name}" in page.ids
    for tag in spec["tags"]:
        assert tag["name"] in page.text
    assert "Partager l’Orvance" in page.text or "Poutine à Pékin" in page.text, "examples are shown"


def test_every_kind_of_problem_has_a_page_that_says_what_to_do(reader):
    slugs = problem_slugs()
    index = Page(reader.get("/problems", 200).text)
    assert len(slugs) > 20
    for status, slug in slugs:
        page = Page(reader.get(f"/problems/{slug}", 200).text)
        assert f"Status {status}" in page.text and "What happened" in page.text and "What to do" in page.text
        assert "`" not in page.text and "/problems" in page.links and "/docs" in page.links
        assert f"/problems/{slug}" in index.links


def test_every_status_that_the_sql_refuses_with_has_a_page():
    known = {int(status) for status, _ in problem_slugs()}
    files = [*marbre.ROOT.glob("migrations/*.sql"), *marbre.ROOT.glob("src/**/*.sql")]
    refused = {int(status) for file in files for status in re.findall(r"'MB(\d{3})'", file.read_text())}
    assert refused and refused <= known
