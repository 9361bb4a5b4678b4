"""Who may do what: every operation, by every role, on every kind of thing, as the table tests/rights.txt says.

An operation without a row fails, and so does a row without an operation.
"""
import itertools
import json
import pathlib
import uuid

import pytest

import forms
import marbre
import parts

TABLE = pathlib.Path(__file__).resolve().parents[1] / "rights.txt"
ROLES = ["nobody", "contributor", "editor", "chief", "sales", "admin", "key"]
numbers = itertools.count(1)


def rows():
    """(operation, case) → the status that each role gets."""
    table, operation = {}, None
    for line in TABLE.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, case, *statuses = ([operation] if line[0] == " " else []) + line.split()
        operation = name
        assert (operation, case) not in table and len(statuses) == len(ROLES), line
        table[operation, case] = dict(zip(ROLES, map(int, statuses)))
    return table


def operations(server):
    return {operation["operationId"]: (method, path, operation)
            for path, item in server.contract.spec["paths"].items() for method, operation in item.items()}


class Newsroom:
    """People of each role, and whatever they may or may not touch, made for one try each."""

    # What leads an article to where an operation can be done.
    before = {"approve_article": ["submit"], "return_article": ["submit"], "unpublish_article": ["publish"]}

    def __init__(self, server):
        self.server, self.chief = server, server.client("chief")
        self.admin = server.client("admin")
        self.politics, self.culture = (self.chief.make("sections", name=name)["slug"] for name in ("Droits", "Ailleurs"))
        self.author = self.account("contributor")
        self.kept = {role: self.account(role) for role in ROLES if role not in ("nobody", "key")}
        self.kept["key"] = self.program()
        self.kept["nobody"] = server.client()

    def account(self, role):
        """Somebody new; an editor edits one section only."""
        client = self.server.make_account(f"{role}-{next(numbers)}@droits.test", role)
        if role == "editor":
            self.admin.patch(f"/v1/desk/accounts/{client.account['id']}", {"sections": [self.politics]}, 1, 200)
        return client

    def program(self):
        """A program with the role of a contributor."""
        made = self.admin.post("/v1/desk/api-keys", {"name": "Droits", "role": "contributor"}, 201).json()
        client = marbre.Client(self.server)
        client.session.headers["Authorization"] = "Bearer " + made["key"]
        return client

    def fresh(self, role):
        """A caller whose session may end."""
        return self.kept[role] if role in ("nobody", "key") else self.account(role)

    def article(self, operation, case, caller):
        if case == "unknown":
            return str(uuid.uuid4())
        writer = caller if case == "own" else self.author
        section = {"other's": [self.politics], "published": [self.politics], "elsewhere": [self.culture]}.get(case, [])
        reply = writer.request("POST", "/v1/desk/articles", json={"title": f"Droits {next(numbers)}", "sections": section})
        if reply.status_code != 201:  # a caller who writes nothing has nothing of their own
            return str(uuid.uuid4())
        article = reply.json()
        for verb in ["publish"] if case == "published" else self.before.get(operation, []):
            article = self.chief.act(article, verb)
        return article["id"]

    def thing(self, operation, path, case, caller):
        """The id of something that the path's operation can be tried on."""
        collection = path.split("/")[3]
        if path.startswith("/v1/desk/articles/"):
            return self.article(operation, case, caller)
        if path == "/v1/articles/by-id/{id}":
            return self.article(operation, "published" if case == "any" else case, caller)
        if case == "unknown":
            return str(uuid.uuid4())
        if collection == "accounts":
            return self.account("contributor").account["id"]
        if collection == "api-keys":
            return self.admin.post("/v1/desk/api-keys", {"name": "Droits", "role": "sales"}, 201).json()["api_key"]["id"]
        if collection == "sessions":
            owner = caller if case == "own" and hasattr(caller, "account") else self.author
            return self.server.sql(f"select id from sessions where account_id = '{owner.account['id']}' and revoked_at is null limit 1")
        if collection == "sponsorship-inquiries":
            return forms.made(self.server)
        if collection == "consent-texts":
            return self.server.sql("select id from consent_texts limit 1")
        if collection == "sponsorship-options":
            return self.admin.make(collection, kind="other", label={"fr": "Droits", "en": "Rights"})["id"]
        if collection in ("sections", "tags", "authors"):
            return self.chief.make(collection, name=f"Droits {next(numbers)}", **({"kind": "topic"} if collection == "tags" else {}))["id"]
        return parts.made(f"/v1/desk/{collection}", "id", self.server.contract.spec, self.admin)


SLUGS = {"/v1/articles/{slug}": "droits-publics", "/v1/articles/{slug}/related": "droits-publics", "/v1/sections/{slug}": "droits", "/v1/tags/{slug}": "droits",
         "/v1/authors/{slug}": "droits", "/problems/{slug}": "invalid"}
# Operations that end or change what the caller holds: each try has a caller of its own.
OWN = {"log_out", "change_my_password", "end_my_session", "end_my_other_sessions", "list_my_sessions"}


def body_of(newsroom, name, operation, caller):
    """The contract's own example of a body, with what must be new made new."""
    content = operation.get("requestBody", {}).get("content", {})
    if not content:
        return None, {}
    media, what = next(iter(content.items()))
    body = dict(what["example"])
    for member in ("slug", "name"):
        if member in body:
            body[member] = f"Droits {next(numbers)}"
    if name == "create_account":
        body.update(email=f"nouveau-{next(numbers)}@droits.test", sections=[])
    if name in ("create_article", "patch_article"):
        body = {"title": f"Droits {next(numbers)}", **({"sections": [newsroom.politics]} if name == "create_article" else {})}
    if name == "merge_tag":
        body = {"into": newsroom.chief.make("tags", name=f"Droits {next(numbers)}", kind="topic")["slug"]}
    if name == "send_sponsorship_inquiry":
        body["form_token"] = forms.token(newsroom.server)
    if name == "refresh_session":
        body = {"refresh_token": newsroom.account("contributor").grant["refresh_token"]}
    return json.dumps(body), {"Content-Type": media}


def attempt(newsroom, name, method, path, operation, case, role):
    caller = newsroom.fresh(role) if name in OWN else newsroom.kept[role]
    address = path.replace("{slug}", SLUGS.get(path, "")).replace("{file}", "page.css").replace("{n}", "1")
    if "{id}" in address:
        address = address.replace("{id}", newsroom.thing(name, path, case, caller))
    address = parts.made_in(address, newsroom.server.contract.spec, newsroom.admin)
    data, headers = body_of(newsroom, name, operation, caller)
    return caller.request(method.upper(), address, data=data, headers={"If-Match": "*", **headers}).status_code


@pytest.fixture(scope="module")
def newsroom(server):
    newsroom = Newsroom(server)
    newsroom.chief.act(newsroom.chief.make_article(title="Droits publics", slug="droits-publics"), "publish")
    newsroom.chief.make("tags", name="Droits", slug="droits", kind="topic")
    newsroom.chief.make("authors", name="Droits", slug="droits")
    return newsroom


def test_every_operation_has_a_row_and_every_row_an_operation(server):
    named, there = {operation for operation, _ in rows()}, set(operations(server))
    assert there - named == set(), "operations without a row in tests/rights.txt"
    assert named - there == set(), "rows without an operation"
    cases = {operation: {case for of, case in rows() if of == operation} for operation in named}
    for name, (_, path, _) in operations(server).items():
        if path.startswith("/v1/desk/articles/{id}"):
            assert cases[name] == {"own", "other's", "elsewhere", "published", "unknown"}, name
        elif "{id}" in path:
            assert "unknown" in cases[name], name


def test_each_role_may_do_what_the_table_says_and_nothing_else(server, newsroom):
    table, wrong = rows(), []
    for (name, case), expected in table.items():
        method, path, operation = operations(server)[name]
        got = {role: attempt(newsroom, name, method, path, operation, case, role) for role in ROLES}
        if got != expected:
            line = f"{name:28} {case:10}" + "".join(f" {got[role]:>6}" for role in ROLES)
            wrong.append(line)
    assert not wrong, "otherwise than tests/rights.txt says:\n" + "\n".join(wrong)


def test_the_table_and_the_contract_name_the_same_roles(server):
    for (name, case), expected in rows().items():
        roles = operations(server)[name][2]["x-marbre"]["roles"]
        for role in ROLES[1:-1]:
            if roles != ["public"] and role not in roles:
                assert expected[role] == 403, f"{name} {case} {role}"
        assert (expected["nobody"] == 401) == (roles != ["public"]) or name == "refresh_session", name
