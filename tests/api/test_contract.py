"""The contract and the server say the same; and what no contract allows is refused in words that help."""
import json
import os
import pathlib
import re
import socket

import pytest
import requests

import forms
import marbre
import parts

CORPORA = pathlib.Path(os.environ.get("MARBRE_CORPORA", marbre.ROOT / "../shared/corpora"))
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
JSON = {"Content-Type": "application/json"}


def operations(server):
    for path, item in server.contract.spec["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def parameters(server, operation):
    return [server.contract.resolve(parameter) for parameter in operation.get("parameters", [])]


def validate(server, schema, value):
    server.contract.judge.validate(value, schema)


def write(editor, data, expect=None, **headers):
    """POST /v1/desk/articles with bytes of one's own."""
    return editor.request("POST", "/v1/desk/articles", expect, data=data, headers={**JSON, **headers})


def pointers(reply):
    return sorted(fault["pointer"] for fault in reply.json()["errors"])


# -------------------------------------------------------------------------------------------------- the contract

def test_every_operation_says_what_it_is_who_may_call_it_and_what_it_answers(server):
    ids = []
    for method, path, operation in operations(server):
        where = f"{method} {path}"
        ids.append(operation["operationId"])
        assert len(operation["summary"]) > 5 and len(operation["description"]) > 10 and operation["tags"], where
        roles = operation["x-marbre"]["roles"]
        assert roles == ["public"] or set(roles) <= {"contributor", "editor", "chief", "sales", "admin"}, where
        assert operation["security"] == ([] if roles == ["public"] else [{"access_token": []}]), where
        assert any(status[0] in "23" and status != "304" for status in operation["responses"]), where
        assert {p["name"] for p in parameters(server, operation) if p["in"] == "path"} == set(re.findall(r"{(\w+)}", path))
    assert len(set(ids)) == len(ids) >= 25


def test_every_operation_names_each_way_in_which_it_can_fail(server):
    for method, path, operation in operations(server):
        where = f"{method} {path}"
        headers = {p["name"] for p in parameters(server, operation) if p["in"] == "header"}
        expected = {"400", "429", "500", "503", "default"}
        expected |= {"401", "403"} if operation["security"] else set()
        expected |= {"404"} if "{" in path else set()
        expected |= {"412", "428"} if "If-Match" in headers else set()
        expected |= {"409", "422"} if "Idempotency-Key" in headers else set()
        expected |= {"411", "413", "415", "422"} if "requestBody" in operation else set()
        responses = {status: server.contract.resolve(response) for status, response in operation["responses"].items()}
        expected |= {"406"} if any("content" in responses[status] for status in responses if status[0] == "2") else set()
        assert expected <= set(responses) and list(responses) == sorted(responses), where
        assert not any("XX" in status for status in responses), where
        for status in set(responses) - {"200", "201", "202", "204", "303", "304", "308"}:
            problem = responses[status]["content"]["application/problem+json"]
            assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}, where
            assert len(responses[status]["description"]) > 60 and "X-Request-Id" in responses[status]["headers"], where
            validate(server, problem["schema"], problem["example"])
            assert status == "default" or problem["example"]["status"] == int(status), where
            assert status not in ("429", "503") or "Retry-After" in responses[status]["headers"], where
            by_its_page = status == "403" and not operation["security"]
            assert status not in ("401", "403") or by_its_page or "WWW-Authenticate" in responses[status]["headers"], where


def test_every_example_of_a_problem_is_one_that_the_server_knows(server, reader):
    for name, response in server.contract.spec["components"]["responses"].items():
        problem = response.get("content", {}).get("application/problem+json")
        if problem:
            page = reader.get(problem["example"]["type"], 200).text
            assert problem["example"]["title"] in page and str(problem["example"]["status"]) in page, name


def test_every_parameter_and_header_is_described_with_an_example(server):
    components = server.contract.spec["components"]
    told = [(f"header {name}", header) for name, header in components["headers"].items()]
    for method, path, operation in operations(server):
        told += [(f"{method} {path} {p['name']}", p) for p in parameters(server, operation)]
    for where, thing in told:
        assert len(thing["description"]) > 10 and "example" in thing, where
        validate(server, thing["schema"], thing["example"])


def members(schema, where):
    """Every schema that is written inside a schema, with where it stands."""
    inside = [(f"{where}.{name}", inner) for name, inner in schema.get("properties", {}).items()]
    inside += [(f"{where}[]", schema["items"])] if "items" in schema else []
    inside += [(f"{where}|{n}", inner) for n, inner in enumerate(schema.get("oneOf", []))]
    for name, inner in inside:
        yield name, inner
        yield from members(inner, name)


def example(server, schema):
    """Its own example, or one made of its members'; KeyError when there is none."""
    for word in ("example", "const"):
        if word in schema:
            return schema[word]
    if "$ref" in schema:
        return example(server, server.contract.resolve(schema))
    if "oneOf" in schema:
        return example(server, schema["oneOf"][0])
    if schema.get("type") == "null":
        return None
    if schema.get("type") == "array":
        return [example(server, schema["items"])]
    if schema.get("type") == "object" and ("properties" in schema or schema.get("additionalProperties") is False):
        return {name: example(server, inner) for name, inner in schema.get("properties", {}).items()}
    raise KeyError("example")


def schemas(server):
    for name, schema in server.contract.spec["components"]["schemas"].items():
        yield name, schema
        yield from members(schema, name)


def test_every_member_of_every_schema_is_described_with_an_example(server):
    lacking = []
    for where, schema in schemas(server):
        described = schema.get("description") or server.contract.resolve(schema).get("description") or schema.get("type") == "null"
        lacking += [] if described or where.endswith("[]") else [f"{where} has no description"]
        try:
            validate(server, schema, example(server, schema))
        except KeyError:
            lacking.append(f"{where} has no example")
    assert not lacking, "\n".join(lacking)


def test_every_body_and_every_answer_has_an_example_that_fits(server):
    lacking, found = [], 0
    for method, path, operation in operations(server):
        contents = [("its body", operation.get("requestBody", {}))]
        contents += [(status, server.contract.resolve(response)) for status, response in operation["responses"].items()]
        for which, part in contents:
            for media, content in part.get("content", {}).items():
                where = f"{method} {path}, {which}, {media}"
                try:
                    validate(server, content["schema"], content.get("example") or example(server, content["schema"]))
                    found += 1
                except KeyError:
                    lacking.append(f"{where} has no example")
    assert not lacking, "\n".join(lacking)
    assert found > 300


# What an operation needs to be there before its example can be sent, and the transitions that lead to it.
BEFORE = {"approve_article": ["submit"], "return_article": ["submit"], "unpublish_article": ["publish"]}


def something_for(server, editor, path, name, number):
    """The id of a thing of the path's collection, made for this example alone."""
    if path.startswith("/v1/desk/accounts/"):
        return server.make_account(f"example-{number}@marbre.test").account["id"]
    resource = path.split("/")[3]
    if resource == "sponsorship-inquiries":
        return forms.made(server)
    if resource == "sponsorship-options":
        return server.client("sales").make(resource, kind="other", label={"fr": "Pour l’exemple", "en": "For example"})["id"]
    if resource in ("sections", "tags", "authors"):
        more = {"kind": "topic"} if resource == "tags" else {}
        return server.client("chief").make(resource, name=f"Pour l’exemple {number}", **more)["id"]
    if resource != "articles":
        return parts.made(f"/v1/desk/{resource}", "id", server.contract.spec, server.client("admin"))
    article = editor.make_article(title=f"Pour l’exemple de {name}")
    for verb in BEFORE.get(name, []):
        article = editor.act(article, verb)
    return article["id"]


def test_every_example_of_a_body_fits_its_schema_and_is_taken_by_the_server(server, editor, filing):
    sent = 0
    for method, path, operation in operations(server):
        for media, content in operation.get("requestBody", {}).get("content", {}).items():
            name = operation["operationId"]
            validate(server, content["schema"], content["example"])
            role = operation["x-marbre"]["roles"][-1]
            own = name in ("log_out", "change_my_password")  # what ends or changes the caller's own
            client = server.make_account(f"own-{sent}@marbre.test", role) if own else server.client(None if role == "public" else role)
            address = path.replace("{id}", something_for(server, editor, path, name, sent) if "{id}" in path else "")
            address = parts.made_in(address, server.contract.spec, server.client("admin"))
            body = content["example"] if media == "text/markdown" else dict(content["example"])
            if "form_token" in body:
                body["form_token"] = forms.token(server)
            data = json.dumps(body) if media.endswith("json") else body.encode() if media == "text/markdown" else forms.ticked(body)
            reply = client.request(method, address, data=data, headers={"Content-Type": media, "If-Match": "*"})
            expected = {401} if name == "refresh_session" else {200, 201, 202, 204}  # nobody has the example's token
            assert reply.status_code in expected, f"{name}: {reply.status_code} {reply.text}"
            sent += 1
            if reply.status_code == 201:  # other stories count on the names that an example takes
                made, kind = reply.headers["Location"].rsplit("/", 1)[1], operation["x-marbre"]["audit"]
                table = {"api_keys": "accounts"}.get(kind, kind)
                server.sql(f"delete from {table} where id = '{made}'")
    assert sent >= 18


def test_the_contract_is_served_with_a_tag_and_can_be_kept(reader, server):
    reply = reader.get("/openapi.json", 200)
    assert reply.json() == server.contract.spec and reply.json()["openapi"].startswith("3.1")
    reader.get("/openapi.json", 304, headers={"If-None-Match": reply.headers["ETag"]})


def test_the_contract_is_valid_openapi_as_far_as_references_go(server):
    text = json.dumps(server.contract.spec)
    for reference in set(re.findall(r'"\$ref": "([^"]+)"', text)):
        assert server.contract.resolve({"$ref": reference}), reference


# ------------------------------------------------------------------------------------------- addresses and methods

@pytest.mark.parametrize("path", ["/front.html", "/v1", "/v1/", "/v2/articles", "/v1/articles/", "/v1/articles/a/b", "/v1/desk",
                                  "/v1/desk/articles/", "//v1/articles", "/V1/articles", "/v1/articles%2Fa",
                                  "/v1/desk/articles/01890000-0000-7000-8000-000000000000/explode", "/openapi.json/"])
def test_an_unknown_address_is_not_found(reader, path):
    reply = reader.get(path, 404)
    assert reply.json()["type"] == "/problems/not-found" and reply.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path, allowed", [
    ("/v1/articles", {"GET", "HEAD", "OPTIONS"}), ("/v1/articles/x", {"GET", "HEAD", "OPTIONS"}),
    ("/v1/desk/articles", {"GET", "HEAD", "POST", "OPTIONS"}), ("/v1/auth/login", {"POST", "OPTIONS"}),
    ("/v1/desk/articles/01890000-0000-7000-8000-000000000000", {"GET", "HEAD", "PATCH", "DELETE", "OPTIONS"})])
def test_a_wrong_method_is_told_which_are_right(reader, path, allowed):
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - allowed:
        reply = reader.request(method, path, 405)
        assert set(reply.headers["Allow"].split(", ")) == allowed and reply.json()["type"] == "/problems/method-not-allowed"
    reply = reader.request("OPTIONS", path, 204)
    assert set(reply.headers["Allow"].split(", ")) == allowed and not reply.content


def test_what_a_patch_takes_is_told_where_it_is_asked_or_missed(reader, editor):
    article = editor.make_article()
    patched = f"/v1/desk/articles/{article['id']}"
    types = ", ".join(editor.server.contract.spec["paths"]["/v1/desk/articles/{id}"]["patch"]["requestBody"]["content"])
    assert "application/merge-patch+json" in types
    for path, told in ((patched, types), ("/v1/desk/articles", None), ("/v1/articles", None)):
        assert reader.request("OPTIONS", path, 204).headers.get("Accept-Patch") == told, path
    for method, path, told in (("PATCH", patched, types), ("POST", "/v1/desk/articles", None)):
        reply = editor.request(method, path, 415, data=b"x", headers={"Content-Type": "text/plain", "If-Match": "*"})
        assert reply.headers.get("Accept-Patch") == told


@pytest.mark.parametrize("word", ["Partager", "a--b", "-a", "a_b", "%C3%A9t%C3%A9", "01890000-0000-7000-8000-000000000000", "x" * 121,
                                  "a.html", "a%20b"])
def test_a_word_that_no_slug_can_be_is_an_unknown_address(reader, word):
    for path in ("articles/{}", "articles/{}/related", "tags/{}", "sections/{}", "authors/{}", "articles/{}?body=html"):
        problem = reader.get("/v1/" + path.format(word), 404).json()
        assert problem["type"] == "/problems/not-found" and "errors" not in problem
    reader.get("/v1/articles/by-id/partager", 404)


# ------------------------------------------------------------------------------------------------- forms of a body

def test_a_body_in_another_form_is_not_taken(editor):
    for media in ("text/plain", "application/xml", "application/json-patch+json", "application/jsonx", "json", "multipart/form-data"):
        problem = write(editor, b'{"title": "x"}', 415, **{"Content-Type": media}).json()
        assert "application/json" in problem["detail"], "it says which form is taken"
    reply = editor.request("POST", "/v1/desk/articles", 415, data=b'{"title": "x"}')
    assert "missing" in reply.json()["detail"]
    for media in ("application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"):
        write(editor, b'{"title": "Bonne forme"}', 201, **{"Content-Type": media})


def test_a_problem_is_json_whatever_bytes_the_request_had(server, editor):
    token = editor.session.headers["Authorization"].encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(b"POST /v1/desk/articles HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: " + token +
                           b"\r\nContent-Type: text/\xff\xfe\"\\\r\nX-Request-Id: \xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\r\n"
                           b"Content-Length: 2\r\n\r\n{}")
        head, body = connection.makefile("rb").read().split(b"\r\n\r\n", 1)
    assert head.startswith((b"HTTP/1.1 415 ", b"HTTP/1.1 400 "))
    assert UUID.fullmatch(json.loads(body.decode("utf-8"))["instance"])


def test_broken_json_is_refused_with_its_line_and_column(editor):
    problem = write(editor, b'{\n  "title": "x",\n  "kicker" "y"\n}', 400).json()
    assert "line 3, column 1" in problem["detail"] and problem["type"] == "/problems/bad-request"
    for broken in (b"{", b"}", b'{"title": "x"', b"{'title': 'x'}", b'{"title": "x",}', b"nope", b'{"title": "x"} {}', b" ",
                   b'{"title": "\\ud800"}', b'{"title": "tab\there"}', b'{"title": NaN}', b"{}\xef\xbb\xbf"):
        assert re.search(r"line \d+, column \d+", write(editor, broken, 400).json()["detail"]), broken


def test_a_key_that_comes_twice_is_refused(editor):
    assert "duplicate" in write(editor, b'{"title": "a", "title": "b"}', 400).json()["detail"]
    write(editor, b'{"title": "a", "body": [{"_type": "block", "_type": "block", "children": []}]}', 400)


def test_nesting_is_fine_to_a_depth_of_32_and_no_further(editor):
    def nested(depth):
        return b'{"title": "x", "kicker": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"

    assert pointers(write(editor, nested(32), 422)) == ["/kicker"]
    assert "deeper than 32" in write(editor, nested(33), 400).json()["detail"]
    write(editor, b"[" * 60000, 400)


@pytest.mark.parametrize("wrong", [b"\xff", b"\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"])
def test_what_is_not_utf_8_is_refused(editor, wrong):
    assert "UTF-8" in write(editor, b'{"title": "' + wrong + b'"}', 400).json()["detail"]


@pytest.mark.parametrize("value", ["[]", '"title"', "7", "true", "null", '[{"title": "x"}]'])
def test_a_body_that_is_no_object_is_not_valid(editor, value):
    assert pointers(write(editor, value, 422)) == [""]


def test_a_missing_body_is_an_empty_object_where_that_is_enough(editor):
    article = editor.make_article(title="Sans corps de requête")
    reply = editor.request("POST", f"/v1/desk/articles/{article['id']}/submit", 200, headers={"If-Match": "*"})
    assert reply.json()["status"] == "in_review"


@pytest.mark.parametrize("path", ["/v1/desk/articles", "/v1/desk/tags", "/v1/auth/login", "/v1/auth/refresh"])
def test_a_missing_body_is_missed_where_members_are_required(editor, path):
    for headers in ({}, JSON):
        problem = editor.request("POST", path, 400, headers=headers).json()
        assert "body is missing" in problem["detail"] and problem["type"] == "/problems/bad-request"
    assert pointers(editor.post(path, {}, 422)), "an empty object is there, and its members are missed one by one"


def test_a_transition_takes_no_member(editor):
    article = editor.make_article(title="Membre de trop")
    reply = editor.post(f"/v1/desk/articles/{article['id']}/submit", {"note": "x"}, 422, headers={"If-Match": "*"})
    assert pointers(reply) == ["/note"]


# ------------------------------------------------------------------------------------------------- names of requests

def test_a_request_id_is_taken_when_it_is_well_formed_and_made_otherwise(reader):
    for given in ("abcdefgh", "A-1_b.2-3", "x" * 64):
        assert reader.get("/v1/sections", 200, headers={"X-Request-Id": given}).headers["X-Request-Id"] == given
        assert reader.get("/v1/rien", 404, headers={"X-Request-Id": given}).json()["instance"] == given
    for given in ("short", "x" * 65, "with space", 'quote"quote', "été-été-été".encode().decode("latin-1"), "a/b/c/d/e/f", ""):
        reply = reader.get("/v1/rien", 404, headers={"X-Request-Id": given})
        assert UUID.fullmatch(reply.headers["X-Request-Id"]) and reply.json()["instance"] == reply.headers["X-Request-Id"]
    made = {reader.get("/v1/sections", 200).headers["X-Request-Id"] for _ in range(5)}
    assert len(made) == 5


def test_a_request_is_in_the_log_under_its_id(server, reader):
    reader.get("/v1/sections", 200, headers={"X-Request-Id": "cherchez-moi-dans-le-journal"})
    line = marbre.wait_for(lambda: re.search(r'^{.*"cherchez-moi-dans-le-journal".*}$', server.log_text(), re.M), "the log", 10)
    entry = json.loads(line.group(0))
    assert entry["operation"] == "list_sections" and entry["status"] == 200 and entry["method"] == "GET"


def test_every_problem_has_the_same_members(reader, editor, contributor):
    article = editor.make_article(title="Problèmes")
    path = f"/v1/desk/articles/{article['id']}"
    replies = [reader.get("/v1/articles?limit=0", 400), reader.get(path, 401), contributor.get(path, 404),
               contributor.post("/v1/desk/tags", {"name": "x", "kind": "topic"}, 403), reader.request("PUT", "/v1/articles", 405),
               editor.post(path + "/approve", {}, 409, headers={"If-Match": "*"}), editor.patch(path, {}, '"v7"', 412),
               write(editor, b"{}", 415, **{"Content-Type": "text/plain"}), write(editor, b"{}", 422),
               editor.patch(path, {}, None, 428)]
    extra = {400: {"errors"}, 409: {"status_now"}, 412: {"version", "updated_by", "updated_at", "changed"}, 422: {"errors"}}
    for reply in replies:
        problem, status = reply.json(), reply.status_code
        assert reply.headers["Content-Type"] == "application/problem+json" and reply.headers["Cache-Control"] == "no-store"
        assert set(problem) == {"type", "title", "status", "detail", "instance"} | extra.get(status, set())
        assert problem["status"] == status and re.fullmatch(r"/problems/[a-z-]+", problem["type"])
        assert problem["instance"] == reply.headers["X-Request-Id"] and problem["title"] and problem["detail"].endswith(".")
    assert len({reply.json()["type"] for reply in replies}) == len(replies)


# --------------------------------------------------------------------------------------------------------- corpora

def test_the_json_of_others_is_taken_or_refused_as_they_say(server, editor):
    folder = CORPORA / "JSONTestSuite/test_parsing"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    # JSON, but refused by the house: a key that comes twice, and one that no member could have.
    ours = dict.fromkeys(["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json",
                          "y_object_escaped_null_in_key.json"], 400)
    wrong, counts = [], {"n": 0, "y": 0, "i": 0}
    for file in sorted(folder.glob("*.json")):
        kind, status = file.name[0], write(editor, file.read_bytes()).status_code
        expected = {"n": [400], "y": [201, 422], "i": [400, 422]}[kind]  # few of what is JSON are articles
        counts[kind] += 1
        if status not in ([ours[file.name]] if file.name in ours else expected):
            wrong.append(f"{file.name}: {status}")
    assert not wrong
    assert counts == {"n": 188, "y": 95, "i": 35}
    editor.get("/v1/desk/articles", 200)


def test_what_a_problems_type_points_at_is_a_page(reader):
    problem = reader.get("/v1/articles/nulle-part", 404).json()
    page = reader.get(problem["type"], 200)
    assert problem["title"] in page.text and page.headers["Content-Type"] == "text/html; charset=utf-8"
    reader.get("/problems/no-such-kind", 404)


def test_a_value_that_is_shown_back_is_cut_between_characters(reader):
    reply = reader.get("/v1/articles?limit=" + "é" * 60, 400)
    assert "…" in reply.content.decode()


def test_no_answer_may_be_taken_for_another_type(server, reader, editor):
    """X-Content-Type-Options on everything that goes out, also where this room is never asked."""
    url = server.url
    answers = [reader.get("/v1/articles"), reader.get("/v1/nothing"), editor.get("/v1/auth/me"), editor.get("/docs/plain"),
               requests.options(url + "/v1/articles"), requests.head(url + "/v1/articles"), requests.put(url + "/v1/articles"),
               requests.get(url + "/openapi.json", headers={"If-None-Match": "*"}), requests.get(url + "/%ff"),
               requests.get(url + "/v1/articles?" + "q" * 9000), requests.post(url + "/v1/auth/login", data=b"x" * 70000),
               *(requests.get(server.admin_url + path) for path in ("/livez", "/readyz", "/metrics", "/nothing"))]
    for reply in answers:
        assert reply.headers.get("X-Content-Type-Options") == "nosniff", (reply.status_code, reply.url, reply.headers)
    assert {304, 404, 405, 414, 415, 204} <= {reply.status_code for reply in answers}
