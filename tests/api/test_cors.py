"""Other sites' pages: delivery answers to any of them, the desk to those that MARBRE_DESK_ORIGINS lists."""
import itertools
import json

import pytest
import requests

import marbre

DESK, LOCAL, ANY = "https://desk.example", "http://127.0.0.1:3000", "https://journal.example"
SITE = "https://www.journal.example"  # whose pages send readers' forms
ARTICLES = "/v1/desk/articles"
SOME_ID = "01890000-0000-7000-8000-000000000000"
STRANGERS = ["https://evil.example", "http://desk.example", "https://desk.example:8443", "https://desk.example.evil.example",
             "https://www.desk.example", "https://desk.exampl", "HTTPS://DESK.EXAMPLE", "https://desk.example/", "null",
             f"{DESK}, {LOCAL}", "", "*"]
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def open_desk(server):
    other = server.serve_beside(MARBRE_DESK_ORIGINS=f"{DESK}, {LOCAL}", MARBRE_SITE_ORIGINS=SITE)
    yield other
    assert other.stop() == 0


def words(reply, name):
    """The words of a list in a header, in lower case."""
    return {word.strip().lower() for word in reply.headers.get(name, "").split(",")} - {""}


def allowed(reply):
    assert "Access-Control-Allow-Credentials" not in reply.headers
    return reply.headers.get("Access-Control-Allow-Origin")


def preflight(client, path, method, origin, headers=()):
    fields = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        fields["Access-Control-Request-Headers"] = ",".join(sorted(headers))
    return client.request("OPTIONS", path, headers={name: value for name, value in fields.items() if value is not None})


class Blocked(Exception):
    """A browser does not let the page send this, or does not let it see the answer."""


class Page:
    """A page of an origin in a browser: what the Fetch standard (§3.2, §4.8) lets its scripts do."""

    plain_methods, plain_headers = {"GET", "HEAD", "POST"}, {"accept", "accept-language", "content-language"}
    plain_types = {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}
    readable = {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}

    def __init__(self, server, origin):
        self.client, self.origin = marbre.Client(server), origin

    def fetch(self, method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        unsafe = {name.lower() for name, value in headers.items() if name.lower() not in self.plain_headers
                  and not (name == "Content-Type" and value in self.plain_types)}
        if unsafe or method not in self.plain_methods:
            self.ask_first(method, path, unsafe)
        reply = self.client.request(method, path, data=None if body is None else json.dumps(body),
                                    headers={**headers, "Origin": self.origin})
        if allowed(reply) not in ("*", self.origin):
            raise Blocked(f"{method} {path}: the answer is for {allowed(reply)}")
        seen = self.readable | words(reply, "Access-Control-Expose-Headers")
        reply.headers = requests.structures.CaseInsensitiveDict(
            {name: value for name, value in reply.headers.items() if name.lower() in seen})
        return reply

    def ask_first(self, method, path, unsafe):
        reply = preflight(self.client, path, method, self.origin, unsafe)
        methods = {word.upper() for word in words(reply, "Access-Control-Allow-Methods")}
        if not reply.ok or allowed(reply) not in ("*", self.origin):
            raise Blocked(f"{method} {path}: the preflight is for {allowed(reply)}")
        if method not in methods | self.plain_methods or not unsafe <= words(reply, "Access-Control-Allow-Headers"):
            raise Blocked(f"{method} {path}: {methods} {words(reply, 'Access-Control-Allow-Headers')}")

    def log_in(self, email="editor@marbre.test"):
        return self.fetch("POST", "/v1/auth/login", {"email": email, "password": marbre.PASSWORD})


# ---- pages

@pytest.mark.parametrize("origin", [DESK, LOCAL])
def test_a_page_of_the_desk_logs_in_writes_and_publishes(server, open_desk, origin):
    page, email, title = Page(open_desk, origin), f"page-{next(numbers)}@marbre.test", f"D’une page {next(numbers)}"
    server.make_account(email, "editor")
    token = "Bearer " + page.log_in(email).json()["access_token"]
    made = page.fetch("POST", ARTICLES, {"title": title}, Authorization=token, Idempotency_Key="une page")
    assert made.status_code == 201
    address = made.headers["Location"]
    saved = page.fetch("PATCH", address, {"kicker": "Essai"}, Authorization=token, If_Match=made.headers["ETag"],
                       Content_Type="application/merge-patch+json")
    assert saved.status_code == 200
    published = page.fetch("POST", address + "/publish", {}, Authorization=token, If_Match=saved.headers["ETag"])
    assert published.json()["status"] == "published" and published.headers["RateLimit"]
    again = page.fetch("POST", ARTICLES, {"title": title}, Authorization=token, Idempotency_Key="une page")
    assert again.headers["Idempotency-Replayed"] == "true"
    read = Page(open_desk, ANY).fetch("GET", f"/v1/articles/{made.json()['slug']}")
    assert read.status_code == 200
    assert Page(open_desk, ANY).fetch("GET", f"/v1/articles/{made.json()['slug']}",
                                      If_None_Match=read.headers["ETag"]).status_code == 304
    assert page.fetch("DELETE", f"/v1/auth/sessions/{SOME_ID}", Authorization=token).status_code == 404


def test_a_page_of_the_desk_sees_why_it_was_refused(open_desk):
    page = Page(open_desk, DESK)
    token = "Bearer " + page.log_in().json()["access_token"]
    wrong = page.fetch("POST", "/v1/auth/login", {"email": "editor@marbre.test", "password": "not the password"})
    assert wrong.status_code == 401 and wrong.headers["WWW-Authenticate"] and wrong.headers["X-Request-Id"]
    page.log_in()
    for status, ask in ((401, lambda: page.fetch("GET", ARTICLES)),
                        (403, lambda: page.fetch("GET", "/v1/desk/accounts", Authorization=token)),
                        (404, lambda: page.fetch("GET", f"{ARTICLES}/{SOME_ID}", Authorization=token)),
                        (422, lambda: page.fetch("POST", ARTICLES, {}, Authorization=token)),
                        (428, lambda: page.fetch("POST", f"{ARTICLES}/{SOME_ID}/publish", {}, Authorization=token)),
                        (413, lambda: page.fetch("POST", "/v1/desk/tags", "x" * 70000, Authorization=token)),
                        (415, lambda: page.fetch("POST", ARTICLES, {}, Authorization=token, Content_Type="text/plain")),
                        (404, lambda: page.fetch("GET", "/v1/nothing"))):
        assert ask().json()["status"] == status


@pytest.mark.parametrize("origin", [ANY, *STRANGERS[:5]])
def test_a_page_of_anybody_else_reads_and_does_nothing_at_the_desk(open_desk, origin):
    page = Page(open_desk, origin)
    assert page.fetch("GET", "/v1/articles").status_code == 200
    for method, path, body in (("POST", "/v1/auth/login", {}), ("POST", "/v1/auth/refresh", {}), ("GET", ARTICLES, None),
                               ("POST", ARTICLES, {}), ("PATCH", f"{ARTICLES}/{SOME_ID}", {}), ("GET", "/v1/auth/me", None)):
        with pytest.raises(Blocked):
            page.fetch(method, path, body, Authorization="Bearer x")
    with pytest.raises(Blocked):  # a form could send this without asking first
        page.fetch("POST", "/v1/auth/login", "x", Content_Type="text/plain")


# ---- headers

@pytest.mark.parametrize("path, status", [("/v1/articles", 200), ("/v1/sections", 200), ("/openapi.json", 200),
                                          ("/problems/not-found", 200), ("/v1/articles/nulle-part", 404),
                                          ("/v1/articles?limit=0", 400), ("/v1/nothing", 404)])
def test_delivery_is_for_everybody_whether_they_say_from_where_or_not(server, open_desk, path, status):
    for at, method in itertools.product((server, open_desk), ("GET", "HEAD")):
        for origin in (None, DESK, ANY, "null"):
            reply = at.client().request(method, path, status, headers={"Origin": origin} if origin else {})
            assert allowed(reply) == "*" and "Origin" not in reply.headers.get("Vary", "")
            if "ETag" in reply.headers:
                tag = reply.headers["ETag"]
                assert allowed(at.client().request(method, path, 304, headers={"If-None-Match": tag})) == "*"


def test_the_desk_is_for_the_origins_that_are_listed(server, open_desk):
    for path, origin in itertools.product((ARTICLES, "/v1/auth/me", "/v1/desk/accounts"), [DESK, LOCAL, *STRANGERS, None]):
        headers = {"Origin": origin} if origin is not None else {}
        reply, unlisted = open_desk.client().get(path, 401, headers=headers), server.client().get(path, 401, headers=headers)
        assert allowed(reply) == (origin if origin in (DESK, LOCAL) else None), origin
        assert "Access-Control-Expose-Headers" in reply.headers or allowed(reply) is None
        assert allowed(unlisted) is None, "no origin is listed there"
        assert words(reply, "Vary") == words(unlisted, "Vary") == {"origin"}


def test_an_answer_of_the_desk_is_kept_for_nobody_else(open_desk):
    for origin in (DESK, ANY, None):
        headers = {"Origin": origin} if origin else {}
        reply = marbre.Client(open_desk, "editor").get(ARTICLES, 200, headers=headers)
        assert "origin" in words(reply, "Vary") and reply.headers["Cache-Control"] == "no-store"


def test_scripts_may_read_what_the_contract_promises_and_send_what_it_takes(server, open_desk):
    promised, taken = set(), {"authorization", "content-type", "x-request-id"}
    for item in server.contract.spec["paths"].values():
        for operation in item.values():
            for response in operation["responses"].values():
                promised |= {name.lower() for name in server.contract.resolve(response).get("headers", {})}
            taken |= {parameter["name"].lower() for parameter in map(server.contract.resolve, operation.get("parameters", []))
                      if parameter["in"] == "header"}
    for_others = {"content-security-policy", "surrogate-key", "access-control-allow-origin"}  # the browser's, a cache's
    exposed = words(server.client().get("/v1/articles", 200), "Access-Control-Expose-Headers")
    assert promised - Page.readable - for_others <= exposed
    assert {"retry-after", "ratelimit", "ratelimit-policy", "idempotency-replayed", "link", "etag", "location"} <= exposed
    assert taken <= words(preflight(open_desk.client(), ARTICLES, "POST", DESK), "Access-Control-Allow-Headers")


# ---- asking first

def test_a_preflight_allows_what_the_contract_has(open_desk):
    for path, item in open_desk.contract.spec["paths"].items():
        address = path.replace("{id}", SOME_ID).replace("{slug}", "x").replace("{file}", "x")
        for method, operation in item.items():
            is_open = method == "get" and operation["x-marbre"]["roles"] == ["public"]
            ours = SITE if operation["x-marbre"].get("origins") == "site" else DESK
            for origin in (DESK, ANY, SITE):
                reply = preflight(open_desk.client(), address, method.upper(), origin, {"authorization", "if-match"})
                if not is_open and origin != ours:
                    assert allowed(reply) is None and "Access-Control-Allow-Methods" not in reply.headers
                    continue
                assert allowed(reply) == ("*" if is_open else ours), f"{method} {path}"
                assert method.upper() in reply.headers["Access-Control-Allow-Methods"]
                assert 600 <= int(reply.headers["Access-Control-Max-Age"]) <= 86400
            assert {"origin", "access-control-request-method"} <= words(reply, "Vary")


@pytest.mark.parametrize("path, method", [("/v1/auth/login", "GET"), (ARTICLES, "PUT"), (f"{ARTICLES}/{SOME_ID}", "PUT"),
                                          ("/v1/articles", "POST"), ("/v1/articles", "TRACE"), (ARTICLES, "post"),
                                          (ARTICLES, ""), (ARTICLES, None), (ARTICLES, "GET, POST"), ("/v1/nothing", "GET")])
def test_a_preflight_for_what_the_address_does_not_do_allows_nothing(open_desk, path, method):
    reply = preflight(open_desk.client(), path, method, DESK)
    assert not [name for name in reply.headers if name.startswith("Access-Control-")]
    assert reply.status_code == (404 if path == "/v1/nothing" else 204)


@pytest.mark.parametrize("origin", [*STRANGERS, None])
def test_a_preflight_of_a_stranger_allows_nothing_at_the_desk(open_desk, origin):
    for path, method in (("/v1/auth/login", "POST"), (ARTICLES, "GET"), (f"{ARTICLES}/{SOME_ID}", "PATCH")):
        reply = preflight(open_desk.client(), path, method, origin)
        assert reply.status_code == 204 and not [name for name in reply.headers if name.startswith("Access-Control-")]


def test_whoever_asks_without_an_origin_learns_what_the_address_does(open_desk):
    reply = open_desk.client().request("OPTIONS", ARTICLES, 204)
    assert words(reply, "Allow") == {"get", "head", "post", "options"} and allowed(reply) is None
    asked = preflight(open_desk.client(), ARTICLES, "POST", DESK)
    assert words(asked, "Allow") == words(reply, "Allow")
