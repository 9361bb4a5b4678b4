"""Each operation of the contract as it is served, with requests that hypothesis makes from its schemas (generate.py): such as
the contract allows, and such as have one fault. Nothing here names a member of any body; an operation that is added is tried
by the next run.

    newsroom = Newsroom(server)                     who calls, and what they call about
    operation = newsroom.operations["create_tag"]
    operation.request(newsroom.target(operation))   a strategy: requests of good form
    operation.faults(request)                       the same request with one fault, for each that it can have
    newsroom.call(operation, request)               the reply

A request is refused *for its form* by 400, 405, 406, 411, 413, 414, 415, 417, 428, 431, or by a 422 whose faults the server
found by the contract: its detail is `1 fault was found.` or `3 faults were found.` Any other refusal is one of the newsroom
(404, 409, 412, 403; a 422 that says in words of its own that a reference leads nowhere), and a request of good form may get
it: the thing is not there, or has moved on.
"""
import functools
import itertools
import json
import re
import urllib.parse

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

import forms
import marbre
from generate import Maker, without

OPERATIONS = sorted(re.findall(r"operationId: (\w+)", "".join(
    file.read_text() for file in sorted((marbre.ROOT / "openapi/paths").glob("*.yaml")))))
FORM = {400, 405, 406, 411, 413, 414, 415, 417, 428, 431}
# The transitions that lead to where an operation can be done at all.
BEFORE = {"approve_article": ["submit"], "return_article": ["submit"], "unpublish_article": ["publish"]}
# What refers to one thing of a collection.
ONE_OF = {"parent": "sections", "into": "tags"}
# What a caller knows of itself or may always say; and what changes that is done once by each.
OWN = {"current_password": marbre.PASSWORD, "assignee": None}
CHANGES_ITSELF = {"change_my_password"}
# What is good once, so each request of good form has its own.
FRESH = {"form_token": forms.token}
# What is not made at the desk.
MADE = {"/v1/desk/sponsorship-inquiries": lambda server: {"id": forms.made(server)}}
numbers = itertools.count(1)


def bounded(examples):
    """The same requests in every run, and no shrinking: a failed request is small enough, and names its operation."""
    return settings(max_examples=examples, derandomize=True, database=None, deadline=None, print_blob=False,
                    phases=[Phase.generate], suppress_health_check=list(HealthCheck))


def text_of(value):
    """A value of a parameter as it is sent."""
    return value if isinstance(value, str) else json.dumps(value)


def texts_of(parameter, value):
    """The same; of a parameter that may come several times, each of its values."""
    if parameter["schema"].get("type") == "array":
        return tuple(map(text_of, value if isinstance(value, (list, tuple)) else [value]))
    return text_of(value)


class Operation:
    """One operation of the contract, with strategies for its requests."""

    def __init__(self, newsroom, method, path, operation):
        contract, self.server = newsroom.server.contract, newsroom.server
        self.name, self.method, self.path, self.roles = operation["operationId"], method, path, operation["x-marbre"]["roles"]
        self.maker = newsroom.maker
        named = [contract.resolve(parameter) for parameter in operation.get("parameters", [])]
        self.parameters = {(parameter["in"], parameter["name"]): parameter for parameter in named}
        contents = contract.resolve(operation.get("requestBody", {})).get("content", {})
        self.media = next((media for media in contents if media.endswith("json")), None)
        self.body_schema = contents[self.media]["schema"] if self.media else None
        members = self.maker.flat(self.body_schema).get("properties", {}) if self.body_schema else {}
        # Then 401 is an answer and no misunderstanding: nobody has the password or the token that was made up.
        self.asks_for_a_secret = any(re.search("password|token", name) for name in set(members) - set(FRESH))

    @functools.lru_cache(maxsize=None)
    def value(self, place, name):
        """Of a parameter, as text."""
        parameter = self.parameters[place, name]
        if name == "If-Match":
            return st.sampled_from(["*"] * 6 + ['"v1"', '"v2", "v17"', 'W/"v1"', '"else"'])
        values = self.maker.valid(parameter["schema"])
        if place == "header":  # what may stand in one
            values = st.from_regex("[!-~]([ -~]{0,30}[!-~])?", fullmatch=True).filter(
                lambda text: self.maker.judge.fits(text, parameter["schema"])) if "pattern" not in repr(parameter["schema"]) else values
        return values.map(functools.partial(texts_of, parameter))

    @st.composite
    def request(draw, self, target, rich=False):
        """A request that the contract allows. A cursor is good only from a list, which is asked for one."""
        request = {"path": {}, "query": {}, "header": {}}
        for (place, name), parameter in self.parameters.items():
            if name != "cursor" and (parameter.get("required") or rich or draw(st.booleans())):
                request[place][name] = draw(self.value(place, name))
        if rich or draw(st.integers(0, 9)):  # one that is there
            request["path"] = self.examples("path", target)
        if self.body_schema:
            request["body"] = draw(self.maker.valid(self.body_schema, rich))
            request["body"].update({name: make(self.server) for name, make in FRESH.items() if name in request["body"]})
        return request

    def examples(self, place, target):
        """Of the required parameters in a place: the target's members, or what the contract has as an example."""
        return {name: (target or {}).get(name) or str(parameter["example"])
                for (its_place, name), parameter in self.parameters.items() if its_place == place and parameter.get("required")}

    def faults(self, request):
        """The same request with one fault, for each that it can have: a name for it, the pointer that is told, the request."""
        def changed(place, name, text):
            return {**request, place: {**request[place], name: text}}

        for (place, name), parameter in self.parameters.items():
            pointer = {"path": f"{{{name}}}", "query": f"?{name}", "header": name}[place]
            if parameter.get("required") and place != "path":
                yield "missing", None, {**request, place: without(request[place], name)}
            value = request[place].get(name, "")
            faults = self.maker.faults(parameter["schema"], list(value) if isinstance(value, tuple) else value)
            values = {texts_of(parameter, fault.value): fault.label for fault in faults}
            for text, label in values.items():
                given = list(text) if isinstance(text, tuple) else text
                is_text = label == "a wrong type" and self.maker.judge.fits(given, parameter["schema"])
                cannot_be_sent = place == "header" and not text.isascii() or place == "path" and not text
                if not is_text and not cannot_be_sent:
                    yield label, pointer, changed(place, name, text)
        yield "an unknown parameter", "?unheard_of", changed("query", "unheard_of", "1")
        if self.body_schema:
            for label, pointer, body in self.maker.faults(self.body_schema, request["body"]):
                yield label, pointer, {**request, "body": body}
            for label, text in (("no JSON", b'{"'), ("no UTF-8", b'{"x": "\xff"}'), ("a member twice", b'{"x": 1, "x": 1}')):
                yield label, None, {**request, "data": text}
            yield "another media type", None, {**request, "media": "text/plain"}


class Newsroom:
    """Who calls, and what they call about. All of it is its own: accounts to log out and to disable, things to change."""

    def __init__(self, server):
        self.server, self.callers, self.known = server, {}, {}
        self.maker = Maker(server.contract.spec, {
            name: st.deferred(lambda name=name: st.lists(st.sampled_from(self.known[name]), max_size=3, unique=True))
            for name in ("sections", "tags", "authors", "related")} | {name: st.just(value) for name, value in OWN.items()} | {
            name: st.deferred(lambda of=of: st.sampled_from(self.known[of])) for name, of in ONE_OF.items()})
        self.operations = {}
        for path, item in server.contract.spec["paths"].items():
            for method, operation in item.items():
                made = Operation(self, method.upper(), path, operation)
                self.operations[made.name] = made
        for name in ("sections", "tags", "authors"):
            self.known[name] = [self.make_with_example(f"/v1/desk/{name}")["slug"] for _ in range(3)]
        self.known["related"] = [self.make_with_example("/v1/desk/articles")["id"] for _ in range(3)]

    def caller(self, operation):
        """Of the last role that may, which is the mightiest."""
        role = operation.roles[-1]
        if role == "public":
            return self.server.client()
        if role not in self.callers:
            self.callers[role] = self.server.make_account(f"{role}-{next(numbers)}@properties.test", role)
        return self.callers[role]

    def send(self, operation, request):
        path = re.sub(r"{(\w+)}", lambda name: urllib.parse.quote(request["path"][name.group(1)], safe=""), operation.path)
        headers, data = dict(request["header"]), request.get("data")
        if data is None and "body" in request:
            data = json.dumps(request["body"]).encode()
        if data is not None:
            headers["Content-Type"] = request.get("media", operation.media)
        headers = {name: value.encode() for name, value in headers.items()}
        query = list(request["query"].items())
        return self.caller(operation).request(operation.method, path, params=query, headers=headers, data=data)

    def call(self, operation, request):
        """Sends it; again after a login where an operation before this one has ended the caller's session."""
        reply = self.send(operation, request)
        if reply.status_code == 401 and operation.roles != ["public"]:
            del self.callers[operation.roles[-1]]
            reply = self.send(operation, request)
        if operation.name in CHANGES_ITSELF and reply.ok:
            del self.callers[operation.roles[-1]]
        return reply

    def make_with_example(self, collection, whole=None):
        """A thing of a collection: the example of its POST, with a text of its own in each member that has to differ. Of a
        collection of parts, what they are parts of is told by the names in its path."""
        create = next((o for o in self.operations.values() if o.method == "POST" and o.path == collection and o.body_schema), None)
        if create is None:
            return MADE[collection](self.server) if collection in MADE else None
        flat = self.maker.flat(create.body_schema)
        body = {}
        for name in flat.get("required", []):
            schema = self.maker.flat(flat["properties"][name])
            body[name] = schema.get("example", schema.get("enum", ["A text that is long enough"])[0])
            if schema.get("format") in ("email", "mailbox"):
                body[name] = f"made-{next(numbers)}@properties.test"
            if schema.get("format") == "line":
                body[name] += f", propriété {next(numbers)}"
        reply = self.call(create, {"path": whole or {}, "query": {}, "header": {}, "body": body})
        assert reply.status_code == 201, f"{create.name} with {body}: {reply.text}"
        made = reply.json()
        return next((thing for thing in [made, *made.values()] if isinstance(thing, dict) and "id" in thing), None)

    def target(self, operation):
        """A new thing for an operation that is about one, in the state that it takes; what readers read is published."""
        found = re.match(r"(?:/v1/desk|/v1)/([\w-]+)/{(id|slug)}", operation.path)
        made = found and self.make_with_example(f"/v1/desk/{found.group(1)}")
        if made is None:
            return None
        transitions = ["publish"] if found.group(2) == "slug" else BEFORE.get(operation.name, [])
        for transition in transitions:
            act = next((o for o in self.operations.values() if o.path == f"/v1/desk/{found.group(1)}/{{id}}/{transition}"), None)
            if act:
                request = {"path": act.examples("path", made), "query": {}, "header": {"If-Match": "*"}}
                assert self.call(act, request).status_code == 200
        return self.with_parts(operation, made)

    def with_parts(self, operation, made):
        """The thing, with the id of a part by its name in the operation's path, for each that can be made in it."""
        for part in list(re.finditer(r"/{(\w+)}", operation.path))[1:]:
            thing = self.make_with_example(operation.path[:part.start()], made)
            if thing:
                made = {**made, part.group(1): thing["id"]}
        return made


def is_refused_for_its_form(reply):
    if reply.status_code == 422:
        return bool(re.fullmatch(r"1 fault was found\.|\d+ faults were found\.|Une erreur a été trouvée\.|\d+ erreurs ont été trouvées\.",
                                 reply.json()["detail"]))
    return reply.status_code in FORM
