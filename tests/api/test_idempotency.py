"""Idempotency-Key: what is sent twice is done once, and answered twice the same."""
import concurrent.futures
import itertools
import json
import socket
import struct
import time
import uuid

import pytest

import marbre

ARTICLES = "/v1/desk/articles"
numbers = itertools.count(1)


@pytest.fixture
def key():
    return str(uuid.uuid4())


def write(client, key, expect=None, **body):
    return client.post(ARTICLES, {"title": "Une fois", **body}, expect, headers={"Idempotency-Key": key})


@pytest.mark.parametrize("quoted, plain", [('"{}"', "{}"), ('"a\\"{}"', 'a"{}'), ('"{}\\\\"', "{}\\")])
def test_a_key_in_quotation_marks_is_the_one_without(editor, key, quoted, plain):
    assert_replay(write(editor, quoted.format(key), 201), write(editor, plain.format(key), 201))
    other = key[::-1]
    assert_replay(write(editor, plain.format(other), 201), write(editor, quoted.format(other), 201))


def test_a_key_with_nothing_between_its_quotation_marks_is_none(editor):
    assert write(editor, '""', 400).json()["errors"][0]["pointer"] == "Idempotency-Key"


def act(client, article, verb, key, expect=None, version="*"):
    return client.post(f"{ARTICLES}/{article['id']}/{verb}", {}, expect,
                       headers={"If-Match": version, "Idempotency-Key": key})


def is_replayed(reply):
    assert reply.headers.get("Idempotency-Replayed") in (None, "true")
    return "Idempotency-Replayed" in reply.headers


def assert_replay(first, second):
    assert not is_replayed(first) and is_replayed(second)
    assert (second.status_code, second.content) == (first.status_code, first.content), "byte for byte"
    for name in ("Location", "ETag", "Content-Type", "Cache-Control"):
        assert second.headers.get(name) == first.headers.get(name), name


def title():
    """One that no other story uses, to count articles by."""
    return f"Une fois, numéro {next(numbers)}"


def count(server, title):
    return int(server.sql(f"select count(*) from articles a join article_contents c on c.id = a.content_id"
                          f" where c.title = '{title}'"))


def kept(server, condition="true"):
    return int(server.sql(f"select count(*) from idempotency_records where {condition}"))


def twin(client, server=None):
    """The same caller on a connection of their own, perhaps to another server of the same database."""
    other = marbre.Client(server or client.server)
    other.session.headers.update(client.session.headers)
    return other


def until_answered(ask):
    """Asks again as a client does, while the first may still be running or the database is away."""
    end = time.monotonic() + 20
    while (reply := ask()).status_code in (409, 503) and time.monotonic() < end:
        time.sleep(0.05)
    return reply


# ---- the same request twice

def test_a_story_that_is_sent_twice_is_there_once(server, editor, key, filing):
    name = title()
    first = write(editor, key, 201, title=name, sections=["politique"], body=[marbre.block("Une « phrase », et  deux.")])
    second = write(editor, key, 201, title=name, sections=["politique"], body=[marbre.block("Une « phrase », et  deux.")])
    assert_replay(first, second)
    assert first.headers["Location"] == f"{ARTICLES}/{first.json()['id']}" and first.headers["ETag"] == '"v1"'
    assert count(server, name) == 1


def test_the_first_answer_is_given_again_however_the_story_went_on(editor, key):
    name = title()
    first = write(editor, key, 201, title=name)
    editor.act(editor.save(first.json(), standfirst="Plus tard"), "publish")
    assert_replay(first, write(editor, key, 201, title=name))


@pytest.mark.parametrize("verb, before", [("submit", []), ("return", ["submit"]), ("approve", ["submit"]), ("publish", []),
                                          ("unpublish", ["publish"])])
def test_a_transition_that_is_sent_twice_is_made_once(server, editor, key, verb, before):
    article = editor.make_article(title=title())
    for earlier in before:
        article = editor.act(article, earlier)
    version = f'"v{article["version"]}"'
    first = act(editor, article, verb, key, 200, version)
    assert_replay(first, act(editor, article, verb, key, 200, version))
    assert editor.get(f"{ARTICLES}/{article['id']}", 200).headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize("collection, fields", [("sections", {}), ("tags", {"kind": "topic"}), ("authors", {})])
def test_whatever_is_made_at_the_desk_is_made_once(chief, key, collection, fields):
    body = {"name": title(), **fields}
    replies = [chief.post(f"/v1/desk/{collection}", body, 201, headers={"Idempotency-Key": key}) for _ in range(2)]
    assert_replay(*replies)


def test_of_twenty_at_once_one_is_done(server, editor):
    key, name = "vingt à la fois", title()
    with concurrent.futures.ThreadPoolExecutor(20) as twenty:
        clients = [twin(editor) for _ in range(20)]
        replies = list(twenty.map(lambda client: write(client, key.encode(), title=name), clients))
    done = [reply for reply in replies if reply.status_code == 201 and not is_replayed(reply)]
    assert len(done) == 1 and count(server, name) == 1
    for reply in replies:
        if reply.status_code == 201:
            assert reply.content == done[0].content
        else:
            assert reply.status_code == 409 and "still running" in reply.json()["detail"]


def test_while_the_first_is_still_running_nobody_waits_for_it(server, editor, key):
    article = editor.make_article(title=title())
    holder = server.sql_session()
    holder.send(f"begin; select from articles where id = '{article['id']}' for update;")
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        first = thread.submit(act, twin(editor), article, "publish", key)
        marbre.wait_for(lambda: server.sql("select count(*) from pg_stat_activity where wait_event_type = 'Lock'") == "1",
                        "the first to wait for the row")
        began = time.monotonic()
        running = act(editor, article, "publish", key, 409)
        assert "still running" in running.json()["detail"] and not is_replayed(running)
        assert time.monotonic() - began < 2
        holder.send("rollback;")
        holder.close()
    assert first.result().status_code == 200
    assert_replay(first.result(), act(editor, article, "publish", key, 200))


# ---- what a key stands for

def assert_is_another_request(reply):
    assert [fault["pointer"] for fault in reply.json()["errors"]] == ["Idempotency-Key"]
    assert not is_replayed(reply)


def test_a_key_stands_for_one_body(server, editor, key):
    name = title()
    first = write(editor, key, 201, title=name)
    assert_is_another_request(write(editor, key, 422, title=name + ", autrement"))
    assert count(server, name + ", autrement") == 0
    assert_replay(first, write(editor, key, 201, title=name))


def test_a_key_stands_for_one_article(editor, key):
    one, other = editor.make_article(title=title()), editor.make_article(title=title())
    act(editor, one, "submit", key, 200)
    assert_is_another_request(act(editor, other, "submit", key, 422))
    assert editor.get(f"{ARTICLES}/{other['id']}", 200).json()["status"] == "draft"


def test_a_key_stands_for_one_version(editor, key):
    """Whoever read the thing again and now names another version asks for something else."""
    article = editor.save(editor.make_article(title=title()), kicker="Vu")
    act(editor, article, "submit", key, 412, version='"v1"')
    assert_is_another_request(act(editor, article, "submit", key, 422, version='"v2"'))
    act(editor, article, "submit", key + "-2", 200, version='"v2"')


def test_the_same_body_written_otherwise_is_the_same_request(editor, key):
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    first = editor.request("POST", ARTICLES, 201, data=b'{"title":"\\u00c9crit","kicker":null}', headers=headers)
    second = editor.request("POST", ARTICLES, 201, data='{ "title": "Écrit",\n "kicker": null }'.encode(), headers=headers)
    assert_replay(first, second)


def test_the_same_key_of_another_caller_is_another_key_and_gives_nothing_away(server, editor, key):
    name = title()
    first = write(editor, key, 201, title=name).json()
    stranger = server.make_account(f"stranger-{next(numbers)}@marbre.test")
    theirs = write(stranger, key, 201, title=name)
    assert not is_replayed(theirs) and theirs.json()["id"] != first["id"]
    assert theirs.json()["created_by"]["id"] == stranger.account["id"]
    assert count(server, name) == 2


def test_a_program_and_whoever_made_its_key_are_two_callers(server, key):
    admin, name = server.client("admin"), title()
    made = admin.post("/v1/desk/api-keys", {"name": name, "role": "editor"}, 201).json()
    secret = next(value for value in made.values() if isinstance(value, str) and value.startswith("mbk_"))
    program = marbre.Client(server)
    program.session.headers["Authorization"] = f"Bearer {secret}"
    first, theirs = write(admin, key, 201, title=name), write(program, key, 201, title=name)
    assert not is_replayed(theirs) and theirs.json()["id"] != first.json()["id"]
    assert_replay(theirs, write(program, key, 201, title=name))


def test_the_same_key_for_another_operation_is_another_key(chief, key):
    name = title()
    made = chief.post("/v1/desk/tags", {"name": name, "kind": "topic"}, 201, headers={"Idempotency-Key": key})
    article = write(chief, key, 201, title=name)
    submitted = act(chief, article.json(), "submit", key, 200)
    assert not any(map(is_replayed, (made, article, submitted)))


def test_after_a_day_a_key_is_new(server, editor, key):
    name = title()
    first = write(editor, key, 201, title=name)
    server.sql(f"update idempotency_records set created_at = created_at - interval '23 hours' where key = '{key}'")
    assert_replay(first, write(editor, key, 201, title=name))
    server.sql(f"update idempotency_records set created_at = created_at - interval '1 hour' where key = '{key}'")
    second = write(editor, key, 201, title=name)
    assert not is_replayed(second) and second.json()["id"] != first.json()["id"]
    assert_replay(second, write(editor, key, 201, title=name))
    server.sql(f"update idempotency_records set created_at = created_at - interval '1 day' where key = '{key}'")
    write(editor, key, 201, title="Autre chose")


# ---- refusals

def wrong_status(server, editor):
    article = editor.make_article(title=title())
    return lambda key: act(editor, article, "approve", key), lambda: editor.act(article, "submit"), 409


def stale(server, editor):
    article = editor.make_article(title=title())
    saved = editor.save(article, kicker="Avant")
    return lambda key: act(editor, article, "publish", key, version='"v1"'), lambda: editor.save(saved, kicker="Après"), 412


def reference_that_leads_nowhere(server, editor):
    name = f"Bientôt {next(numbers)}"
    slug = name.lower().replace("ô", "o").replace(" ", "-")
    body = {"title": title(), "tags": [slug]}
    return lambda key: write(editor, key, **body), lambda: editor.make("tags", name=name, kind="topic"), 422


def slug_that_is_taken(server, editor):
    slug = f"pris-{next(numbers)}"
    article = editor.make_article(title=title(), slug=slug)
    return (lambda key: write(editor, key, slug=slug),
            lambda: server.sql(f"delete from articles where id = '{article['id']}'"), 409)


@pytest.mark.parametrize("case", [wrong_status, stale, reference_that_leads_nowhere, slug_that_is_taken],
                         ids=lambda case: case.__name__.replace("_", " "))
def test_a_refusal_is_given_again_when_its_cause_is_gone(server, editor, key, case):
    ask, mend, status = case(server, editor)
    first = ask(key)
    assert first.status_code == status and first.json()["instance"] == first.headers["X-Request-Id"]
    mend()
    assert_replay(first, ask(key))
    now = ask(key + "-bis")
    assert not is_replayed(now) and now.content != first.content
    assert now.status_code == (412 if case is stale else 200 if case is wrong_status else 201)


def test_a_refusal_for_want_of_rights_is_not_kept(server, filing, key):
    someone = server.make_account(f"of-a-section-{next(numbers)}@marbre.test", "editor")
    article, account = someone.make_article(title=title(), sections=["politique"]), someone.account["id"]
    act(server.client("contributor"), article, "publish", key, 403)
    server.sql(f"insert into account_sections select '{account}', id, 1 from sections where slug = 'international'")
    refused = act(someone, article, "publish", key, 403)
    assert "none of your sections" in refused.json()["detail"]
    server.sql(f"delete from account_sections where account_id = '{account}'")
    server.sql(f"update sessions set revoked_at = now() where account_id = '{account}'")
    act(someone, article, "publish", key, 401)
    server.sql(f"update sessions set revoked_at = null where account_id = '{account}'")
    assert kept(server, f"key = '{key}'") == 0
    assert not is_replayed(act(someone, article, "publish", key, 200))


def test_what_the_contract_refuses_is_not_kept(server, editor, key):
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    for status, data in ((422, b'{"titel": "Faute"}'), (422, b'{"title": ""}'), (400, b'{"title": '), (400, b"")):
        assert not is_replayed(editor.request("POST", ARTICLES, status, data=data, headers=headers))
    editor.request("POST", ARTICLES, 415, data=b"x", headers={**headers, "Content-Type": "text/plain"})
    assert kept(server, f"key = '{key}'") == 0
    assert not is_replayed(write(editor, key, 201, title="Sans faute"))


@pytest.mark.parametrize("bad", ["k" * 201, "", b"\xff\xfe"], ids=["201 characters", "empty", "no UTF-8"])
def test_what_is_no_key_is_refused_before_anything_is_done(server, editor, bad):
    name = title()
    problem = write(editor, bad, 400, title=name).json()
    assert [fault["pointer"] for fault in problem["errors"]] == ["Idempotency-Key"]
    assert count(server, name) == 0


@pytest.mark.parametrize("good", ["k" * 200, ("é" * 200).encode(), "'); drop table idempotency_records; --", "0"],
                         ids=["200 characters", "200 letters of two bytes", "SQL", "short"])
def test_any_word_of_one_to_two_hundred_characters_is_a_key(server, good):
    someone, name = server.make_account(f"word-{next(numbers)}@marbre.test"), title()
    assert_replay(write(someone, good, 201, title=name), write(someone, good, 201, title=name))


# ---- where there is none

def test_no_answer_with_a_secret_in_it_is_kept(server):
    """A key is taken by what a POST at the desk makes or moves, and by what readers send; and by nothing that logs in or makes
    passwords."""
    for path, item in server.contract.spec["paths"].items():
        for method, operation in item.items():
            names = {server.contract.resolve(parameter)["name"] for parameter in operation.get("parameters", [])}
            if "Idempotency-Key" not in names:
                continue
            assert method == "post" and (path.startswith("/v1/desk/") or operation["x-marbre"].get("origins") == "site"), path
            assert not {"password", "api_key"} & set(operation["x-marbre"].get("derive", [])), path
            assert "/auth/" not in path, path


def test_other_operations_do_not_look_at_a_key(server, editor, key):
    before = kept(server)
    headers = {"Idempotency-Key": key}
    article = editor.make_article(title=title())
    address = f"{ARTICLES}/{article['id']}"
    reads = [editor.get(address, 200, headers=headers) for _ in range(2)]
    logins = [marbre.Client(server).post("/v1/auth/login", {"email": "editor@marbre.test", "password": marbre.PASSWORD}, 200,
                                         headers=headers) for _ in range(2)]
    saves = [editor.request("PATCH", address, status, data=json.dumps({"kicker": "Une fois"}), headers={
        **headers, "Content-Type": "application/json", "If-Match": '"v1"'}) for status in (200, 412)]
    assert not any(map(is_replayed, reads + logins + saves))
    assert logins[0].json()["refresh_token"] != logins[1].json()["refresh_token"]
    write(editor, "k" * 200 + key, 400)
    editor.get(address, 200, headers={"Idempotency-Key": "k" * 201})
    assert kept(server) == before


def test_a_request_without_a_key_leaves_nothing_behind(server, editor):
    before = kept(server)
    article = editor.act(editor.make_article(title=title()), "publish")
    editor.act(article, "approve", 409)
    assert kept(server) == before


def test_what_is_older_than_a_day_is_cleaned_up_by_those_who_come(server, editor, key):
    server.sql("insert into idempotency_records select 'somebody', 'create_article', 'old-' || n, '', null, '{}',"
               " now() - interval '25 hours' from generate_series(1, 30) n;"
               "insert into idempotency_records values ('somebody', 'create_article', 'young', '', null, '{}', now() - interval '23 hours')")
    for n in range(2):
        write(editor, f"{key}-{n}", 201, title=title())
    assert kept(server, "key like 'old-%'") == 0 and kept(server, "key = 'young'") == 1
    server.sql("delete from idempotency_records where caller = 'somebody'")


# ---- when something breaks in the middle

def sent(client, path, key, body):
    """The bytes of a POST."""
    data = json.dumps(body).encode()
    return (f"POST {path} HTTP/1.1\r\nHost: a\r\nAuthorization: {client.session.headers['Authorization']}\r\n"
            f"Idempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n").encode() + data


def test_a_client_that_goes_away_after_sending_may_send_again(server, editor):
    for n in range(10):
        key, name = str(uuid.uuid4()), title()
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(sent(editor, ARTICLES, key, {"title": name}))
            if n % 2:  # a reset, as of a client that was killed
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert until_answered(lambda: write(editor, key, title=name)).status_code == 201
        assert count(server, name) == 1


@pytest.fixture(scope="module")
def broken(server):
    """A server whose database connections a story may cut: `cut()` ends all that it has, and says how many those were."""
    theirs = set(server.sql("select pid from pg_stat_activity where usename = 'marbre_server'").split())
    other = server.serve_beside(**marbre.SIDE_BY_SIDE, MARBRE_RATE_DESK="0")
    other.cut = lambda: int(server.sql(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'marbre_server'"
        f" and pid not in ({','.join(theirs)})"))
    yield other
    assert other.stop() == 0


def test_an_act_that_the_database_lost_in_the_middle_is_done_by_the_next_try(server, broken, editor, key):
    there, name = twin(editor, broken), title()
    holder = server.sql_session()
    holder.send("begin; lock table articles in exclusive mode;")
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        first = thread.submit(write, there, key, title=name)
        marbre.wait_for(lambda: server.sql("select count(*) from pg_stat_activity where wait_event_type = 'Lock'") == "1",
                        "the article to wait for the table")
        assert broken.cut() > 0
        holder.send("rollback;")
        holder.close()
    assert first.result().status_code in (201, 503), "the server tries again by itself, while the database is there"
    again = until_answered(lambda: write(there, key, title=name))
    assert again.status_code == 201 and is_replayed(again) == (first.result().status_code == 201)
    assert count(server, name) == 1


def test_whenever_the_database_goes_away_there_is_one_article_for_each_key(server, broken, editor):
    names = [title() for _ in range(40)]
    clients = [twin(editor, broken) for _ in range(8)]

    def send(n):
        return write(clients[n % 8], f"panne {names[n]}".encode(), title=names[n]).status_code

    with concurrent.futures.ThreadPoolExecutor(9) as many:
        first = [many.submit(send, n) for n in range(40)]
        for _ in range(3):
            marbre.wait_for(broken.cut, "connections to be cut", 10)
        statuses = [one.result() for one in first]
    assert set(statuses) <= {201, 503}
    for n, name in enumerate(names):
        again = until_answered(lambda: write(clients[n % 8], f"panne {name}".encode(), title=name))
        assert again.status_code == 201 and (statuses[n] == 503 or is_replayed(again))
    told = "select count(*), count(distinct c.title) from articles a join article_contents c on c.id = a.content_id"
    assert server.sql(f"{told} where c.title in ({', '.join(repr(name) for name in names)})") == "40|40"
