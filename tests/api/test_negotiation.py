"""What a client takes and sends: Accept, HEAD, and how deep, how large and of what kind a request's parts may be."""
import itertools
import json
import socket

import pytest

import forms
import marbre

ARTICLES = "/v1/desk/articles"
JSON = {"Content-Type": "application/json"}
numbers = itertools.count(1)


def ask(client, path, accept, method="GET", **arguments):
    """With this Accept; None sends none at all."""
    headers = {**arguments.pop("headers", {}), "Accept": accept}
    return client.request(method, path, headers=headers, **arguments)


def raw(server, text):
    """What comes back for these bytes, until the server ends the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(text.encode())
        answer = b""
        while more := connection.recv(65536):
            answer += more
    return answer


def operations(server):
    for path, item in server.contract.spec["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def answer_types(server, operation):
    """What the contract says that an operation answers with when all is well."""
    response = next(response for status, response in operation["responses"].items() if status[0] == "2")
    return list(server.contract.resolve(response).get("content", {}))


@pytest.fixture(scope="module")
def addresses(server, chief, filing):
    """Something under each address of the contract that can be read."""
    article = chief.act(chief.make_article(title="À lire", sections=["politique"]), "publish")
    admin = server.client("admin")
    made = {
        "sponsorship-inquiries": {"id": forms.made(server)},
        "sponsorship-options": admin.make("sponsorship-options", kind="other", label={"fr": "À lire", "en": "To read"}),
        "consent-texts": {"id": server.sql("select id from consent_texts limit 1")},
        "articles": article,
        "sections": filing["politique"],
        "tags": filing["chine"],
        "authors": filing["nadia"],
        "accounts": admin.account,
        "api-keys": {"id": admin.post("/v1/desk/api-keys", {"name": "À lire", "role": "editor"}, 201).headers["Location"][-36:]},
        "docs": {"file": "page.css"},
        "problems": {"slug": "not-found"},
    }

    def fill(path):
        thing = made.get(path.split("{")[0].rstrip("/").rsplit("/", 1)[-1], {})
        return path.format(**{name: thing[name] for name in ("id", "slug", "file") if name in thing}, n=1)
    return fill


def reads(server, addresses):
    """Every operation that reads: who asks, where, and the operation."""
    for method, path, operation in operations(server):
        if method == "GET" and "200" in operation["responses"]:
            role = operation["x-marbre"]["roles"][-1]
            yield server.client(None if role == "public" else role), addresses(path), operation


# ---- Accept

@pytest.mark.parametrize("accept", [
    None, "", "*/*", "application/*", "application/json", "APPLICATION/JSON", "Application/*", "application/json; charset=utf-8",
    "application/json;q=0.001", "*/*;q=0.1", "text/html, application/json", "text/html;q=0.9,*/*;q=0.1", "text/html , application/*",
    "application/*;q=0, application/json", "*/*;q=0, application/json;q=0.5", "application/json, */*;q=0",
    "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",  # Java's own
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",  # a browser's
    ",, application/json,", ";;, application/json", "application/json;q=", "application/json;q=high", "application/json;;q=1",
    "a/b/c, application/json", "text/html\t,\tapplication/json",
])
def test_whoever_takes_json_gets_json(reader, accept):
    assert ask(reader, "/v1/sections", accept, expect=200).headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("accept", [
    "text/html", "text/*", "application/xml", "application/problem+json", "application/jsonx", "application/jso", "json",
    "application/json;q=0", "application/json;q=0.000", "application/json;Q=0", "application/json ; q = 0", "*/*;q=0",
    "application/json;charset=utf-8;q=0", "application/json;q=0, */*", "*/*, application/json;q=0", "*/*, application/*;q=0",
    "application/*;q=0, */*;q=1", "text/html, image/png", "*", "*/json", "/", "application/", "application", ",", ";", "é/é",
    "a" * 8000, ",".join(["text/html"] * 700),
], ids=lambda accept: accept[:40])
def test_whoever_does_not_is_told_what_there_is(reader, accept):
    problem = ask(reader, "/v1/sections", accept.encode(), expect=406).json()
    assert problem["type"] == "/problems/not-acceptable" and "application/json" in problem["detail"]


def test_accept_in_two_lines_is_one_list(server):
    for lines, status in (("text/html\r\nAccept: application/json", 200), ("application/json\r\nAccept: text/html", 200),
                          ("*/*\r\nAccept: application/json;q=0", 406), ("text/html\r\nAccept: text/css", 406)):
        answer = raw(server, f"GET /v1/sections HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept: {lines}\r\n\r\n")
        assert int(answer.split()[1]) == status, lines


def test_tags_in_two_lines_are_one_list(server, editor, addresses):
    def sent(method, path, lines, body=""):
        head = f"{method} {path} HTTP/1.1\r\nHost: a\r\nAuthorization: {editor.session.headers['Authorization']}\r\n"
        head += "Connection: close\r\nContent-Type: application/json\r\n" + "".join(line + "\r\n" for line in lines)
        return raw(server, f"{head}Content-Length: {len(body)}\r\n\r\n{body}").decode()

    tag = server.client().get("/v1/sections", 200).headers["ETag"]
    assert sent("GET", "/v1/sections", ['If-None-Match: "none"', f"If-None-Match: {tag}"]).startswith("HTTP/1.1 304 ")
    article = editor.make_article(title="Deux lignes")
    saved = sent("PATCH", f"{ARTICLES}/{article['id']}", ['If-Match: "v7"', 'If-Match: "v1"'], '{"kicker": "Lu"}')
    assert saved.startswith("HTTP/1.1 200 ") and 'ETag: "v2"' in saved
    twice = [sent("POST", ARTICLES, lines, '{"title": "Deux mots"}') for lines in (
        ["Idempotency-Key: une", "Idempotency-Key: deux"], ["Idempotency-Key: une, deux"], ["Idempotency-Key: une"])]
    assert [("Idempotency-Replayed: true" in answer) for answer in twice] == [False, True, False]


def test_each_operation_answers_in_what_the_contract_names_and_in_nothing_else(server, addresses):
    for client, path, operation in reads(server, addresses):
        types = answer_types(server, operation)
        got = {ask(client, path, accept, expect=200).headers["Content-Type"].split(";")[0]
               for accept in (*types, *(name.split("/")[0] + "/*" for name in types), "*/*", None)}
        assert got <= set(types), path
        refused = ask(client, path, "image/png, video/*", expect=406).json()
        assert all(name in refused["detail"] for name in types), path


@pytest.mark.parametrize("path, good, bad", [("/", "text/html", "application/json"), ("/docs/plain", "text/html", "text/css"), ("/problems", "text/*", "text/css"),
                                             ("/openapi.yaml", "application/yaml", "application/json"),
                                             ("/openapi.json", "application/json", "application/yaml")])
def test_pages_and_yaml_are_asked_for_by_their_names(reader, path, good, bad):
    assert ask(reader, path, good, expect=200).headers["Content-Type"].startswith(good.rstrip("*"))
    ask(reader, path, bad, expect=406)


def test_what_answers_without_a_body_takes_any_accept(server):
    someone = server.make_account(f"whoever-{next(numbers)}@marbre.test")
    ask(someone, "/v1/auth/sessions", "image/png", "DELETE", expect=204)
    ask(someone, "/v1/auth/logout", "text/html, */*;q=0", "POST", json={}, expect=204)


def test_a_problem_is_a_problem_document_whatever_is_taken(reader, editor):
    refusals = [ask(reader, "/v1/articles/nulle-part", accept, expect=404) for accept in ("application/json", "*/*")]
    refusals += [ask(reader, "/problems/none", "text/html", expect=404), ask(reader, "/v1/nothing", "text/html", expect=404),
                 ask(reader, "/v1/articles?limit=0", "application/json", expect=400), ask(reader, ARTICLES, "text/css", expect=401),
                 ask(reader, "/v1/articles", "text/html", "DELETE", expect=405),
                 ask(editor, ARTICLES, "application/json", "POST", json={}, expect=422),
                 ask(reader, "/v1/auth/logout", "image/png", "POST", json={}, expect=401)]
    assert {reply.headers["Content-Type"] for reply in refusals} == {"application/problem+json"}


def test_nothing_is_done_whose_answer_would_not_be_taken(server, editor):
    title = f"Sans réponse {next(numbers)}"
    ask(editor, ARTICLES, "text/html", "POST", json={"title": title}, expect=406)
    assert server.sql(f"select count(*) from article_contents where title = '{title}'") == "0"


# ---- HEAD

def test_head_is_get_without_the_body_everywhere(server, addresses):
    own = {"Date", "X-Request-Id"}
    for client, path, operation in reads(server, addresses):
        for query, headers in (("", {}), ("?no=such", {}), ("", {"If-None-Match": "*"}), ("", {"Accept": "image/png"})):
            get, head = (client.request(method, path + query, headers=headers) for method in ("GET", "HEAD"))
            assert head.status_code == get.status_code and not head.content, path
            for name in (set(get.headers) | set(head.headers)) - own:
                same = head.headers.get(name) == get.headers.get(name)
                # What is worked out anew may be shorter by a digit.
                assert same or name == "Content-Length" and "instance" in get.text, f"{path}: {name}"


def test_after_head_comes_nothing_but_the_next_answer(server, addresses):
    token = server.client("admin").session.headers["Authorization"]
    head = f" HTTP/1.1\r\nHost: a\r\nAuthorization: {token}\r\n"
    for _, path, _ in reads(server, addresses):
        answer = raw(server, f"HEAD {path}{head}\r\nHEAD {path}{head}Connection: close\r\n\r\n")
        first, second, rest = answer.split(b"\r\n\r\n")
        assert first.startswith(b"HTTP/1.1 200 ") and second.startswith(b"HTTP/1.1 200 ") and rest == b"", path


# ---- bodies

@pytest.mark.parametrize("path, deepest", [("/v1/auth/login", 2), ("/v1/auth/refresh", 2), ("/v1/auth/password", 2),
                                           ("/v1/desk/tags", 32)])
def test_a_body_is_as_deep_as_the_operation_takes_and_no_deeper(server, editor, path, deepest):
    method = "PATCH" if path == "/v1/auth/password" else "POST"
    for depth, status in ((deepest, 422), (deepest + 1, 400), (5000, 400)):
        body = '{"name":' + "[" * (depth - 1) + "]" * (depth - 1) + "}"
        problem = editor.request(method, path, status, data=body, headers=JSON).json()
        assert status == 422 or f"deeper than {deepest}" in problem["detail"]


def test_the_contract_says_how_deep_a_body_may_be_where_strangers_send_it(server):
    for method, path, operation in operations(server):
        if operation["x-marbre"]["roles"] == ["public"] and "requestBody" in operation:
            assert operation["x-marbre"]["body_depth"] <= 2, f"{method} {path}"


def chunks(body):
    """Sent without a length."""
    for at in range(0, len(body), 8192):
        yield body[at:at + 8192]


@pytest.mark.parametrize("path, most", [("/v1/auth/login", 65536), ("/v1/desk/tags", 65536), (ARTICLES, 3145728)])
def test_a_body_is_as_large_as_the_operation_takes_and_no_larger(editor, path, most):
    for form in (bytes, chunks):
        fits = editor.request("POST", path, data=form(b'"' + b"x" * (most - 2) + b'"'), headers=JSON)
        assert fits.status_code == 422, "it was read and looked at"
        problem = editor.request("POST", path, 413, data=form(b'"' + b"x" * (most - 1) + b'"'), headers=JSON).json()
        assert problem["type"] == "/problems/too-large" and str(most) in problem["detail"]


def test_a_body_that_is_missing_is_missed_by_name_or_not_needed(server, editor):
    for method, path, operation in operations(server):
        if "requestBody" not in operation:
            continue
        role = operation["x-marbre"]["roles"][-1]
        client = server.client(None if role == "public" else role)
        schema = server.contract.resolve(next(iter(operation["requestBody"]["content"].values()))["schema"])
        address = path.replace("{id}", "01890000-0000-7000-8000-000000000000").replace("{n}", "1")
        if operation["operationId"] == "log_out":
            client = server.make_account(f"missing-{next(numbers)}@marbre.test")
        for headers in ({}, JSON):
            reply = client.request(method, address, headers={**headers, "If-Match": "*"})
            if schema.get("required"):
                assert reply.status_code == 400 and all(name in reply.json()["detail"] for name in schema["required"]), path
                continue
            assert reply.status_code in (204, 404), f"{method} {path}: {reply.text}"
            break


# ---- parameters

def pointers(reply):
    return [fault["pointer"] for fault in reply.json()["errors"]]


def test_true_and_false_are_the_two_words_of_a_boolean(server):
    admin, found = server.client("admin"), 0
    for method, path, operation in operations(server):
        for parameter in map(server.contract.resolve, operation.get("parameters", [])):
            if server.contract.resolve(parameter["schema"]).get("type") != "boolean":
                continue
            found += 1
            name = parameter["name"]
            for value in ("true", "false"):
                admin.get(f"{path}?{name}={value}", 200)
            for value in ("yes", "no", "1", "0", "True", "TRUE", "", "null", "true,false", "%20true", "vrai"):
                assert pointers(admin.get(f"{path}?{name}={value}", 400)) == [f"?{name}"], value
            assert pointers(admin.get(f"{path}?{name}", 400)) == [f"?{name}"], "without a value"
            assert pointers(admin.get(f"{path}?{name}=true&{name}=true", 400)) == [f"?{name}"], "twice"
    assert found >= 2


def test_a_boolean_filters_as_it_says(server):
    admin = server.client("admin")
    someone = server.make_account(f"inactive-{next(numbers)}@marbre.test").account["id"]
    server.sql(f"update accounts set active = false where id = '{someone}'")
    for active in ("true", "false"):
        listed = admin.get(f"/v1/desk/accounts?active={active}&limit=100", 200).json()["data"]
        assert listed and all(account["active"] == (active == "true") for account in listed)
        if active == "false":
            assert someone in [account["id"] for account in listed]


def test_a_parameter_that_is_required_is_missed(server, editor):
    """If-Match has a status of its own, and it is asked for before a body is looked at."""
    found = 0
    for method, path, operation in operations(server):
        required = [parameter for parameter in map(server.contract.resolve, operation.get("parameters", []))
                    if parameter.get("required") and parameter["in"] != "path"]
        assert {parameter["name"] for parameter in required} <= {"If-Match"}, "another one needs a story here"
        if required:
            found += 1
            client = server.client(operation["x-marbre"]["roles"][-1])
            address = path.replace("{id}", "01890000-0000-7000-8000-000000000000").replace("{n}", "1")
            assert "If-Match" in client.request(method, address, 428, data=json.dumps({"x": 1}), headers=JSON if
                                                "requestBody" in operation else {}).json()["detail"]
            assert pointers(client.request(method, address, 400, headers={"If-Match": "v1"})) == ["If-Match"]
    assert found >= 7
