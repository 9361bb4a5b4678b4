"""Passwords and sessions as their owner sees them: changed, listed, ended; and what hashing costs the others."""
import concurrent.futures
import itertools
import re
import threading
import time
import uuid

import pytest
from urllib3.util import SKIP_HEADER

import marbre

PASSWORD, SESSIONS = "/v1/auth/password", "/v1/auth/sessions"
NEW, WRONG = "un autre long mot de passe", "not the password"
numbers = itertools.count(1)


@pytest.fixture
def someone(server):
    """A contributor of this test's own, logged in."""
    return server.make_account(f"owner-{next(numbers)}@marbre.test")


@pytest.fixture
def program(server):
    """A caller with an API key."""
    name = f"Un programme {next(numbers)}"
    made = server.client("admin").post("/v1/desk/api-keys", {"name": name, "role": "admin"}, 201).json()
    secret = next(value for value in made.values() if isinstance(value, str) and value.startswith("mbk_"))
    program = marbre.Client(server)
    program.session.headers["Authorization"] = f"Bearer {secret}"
    return program


@pytest.fixture(scope="module")
def costlier(server):
    """A server beside it, for which passwords cost more, and which is behind a proxy."""
    other = server.serve_beside(MARBRE_HASH_PASSES="3", MARBRE_HASH_MEMORY_KIB="2048", MARBRE_TRUSTED_PROXIES="127.0.0.1")
    yield other
    assert other.stop() == 0


def change(client, current=marbre.PASSWORD, new=NEW, expect=None):
    return client.request("PATCH", PASSWORD, expect, json={"current_password": current, "password": new})


def log_in(server, email, password=marbre.PASSWORD, expect=None, **headers):
    """By a client that keeps nothing."""
    return marbre.Client(server).post("/v1/auth/login", {"email": email, "password": password}, expect, headers=headers)


def another(client, server=None, **headers):
    """The same account, logged in once more."""
    email, other = client.account["email"], marbre.Client(server or client.server)
    other.grant = log_in(other.server, email, expect=200, **headers).json()
    other.session.headers["Authorization"] = "Bearer " + other.grant["access_token"]
    return other


def refresh(client, expect):
    return client.post("/v1/auth/refresh", {"refresh_token": client.grant["refresh_token"]}, expect)


def is_in(client):
    """Whether a session is open: both of its tokens tell the same."""
    status = client.get("/v1/auth/me").status_code
    refresh(client, status)
    return status == 200


def sessions(client):
    return client.get(SESSIONS, 200).json()["data"]


def current(client):
    return next(session["id"] for session in sessions(client) if session["current"])


def pointers(reply):
    return [fault["pointer"] for fault in reply.json()["errors"]]


# ---- another password

def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(server, someone):
    email, others = someone.account["email"], [another(someone), another(someone)]
    assert change(someone, expect=204).content == b""
    assert is_in(someone) and not any(map(is_in, others))
    log_in(server, email, expect=401)
    log_in(server, email, NEW, 200)
    assert server.sql(f"select operation, kind, fields from audit where thing = '{someone.account['id']}'"
                      " order by id desc limit 1").startswith("change_my_password|accounts|{")


def test_it_takes_the_present_password(server, someone):
    refused = change(someone, WRONG, expect=422)
    assert pointers(refused) == ["/current_password"]
    assert pointers(change(someone, new="eleven char", expect=422)) == ["/password"]
    assert pointers(change(someone, new="x" * 1025, expect=422)) == ["/password"]
    assert sorted(pointers(someone.request("PATCH", PASSWORD, 422, json={"email": "a@b"}))) == [
        "/current_password", "/email", "/password"]
    log_in(server, someone.account["email"], expect=200)


def test_the_shortest_and_the_longest_password_are_taken(server, someone):
    change(someone, marbre.PASSWORD, "twelve chars", 204)
    change(someone, "twelve chars", "é" * 1024, 204)
    log_in(server, someone.account["email"], "é" * 1024, 200)


def test_whoever_finds_an_open_session_guesses_no_faster_than_at_the_door(server, someone):
    email = someone.account["email"]
    for _ in range(10):
        change(someone, WRONG, expect=422)
    resting = change(someone, expect=429)
    assert int(resting.headers["Retry-After"]) == 60 and resting.json()["type"] == "/problems/too-many-requests"
    log_in(server, email, expect=429)
    someone.get("/v1/auth/me", 200)
    server.sql(f"update login_attempts set rests_until = now() - interval '1 second' where email_hash = email_hash('{email}')")
    change(someone, expect=204)
    change(someone, WRONG, expect=422)  # the count began anew


def test_wrong_words_at_the_door_and_inside_are_one_count(server, someone):
    for _ in range(5):
        log_in(server, someone.account["email"], WRONG, 401)
        change(someone, WRONG, expect=422)
    change(someone, expect=429)


def test_a_body_that_is_no_change_is_no_guess(someone):
    for _ in range(12):
        change(someone, new="short", expect=422)
    change(someone, expect=204)


def test_of_two_changes_at_once_one_is_made(server, someone):
    token, news = someone.session.headers["Authorization"], ["le premier des deux", "le second des deux"]

    def attempt(new):
        client = marbre.Client(server)
        client.session.headers["Authorization"] = token
        return change(client, new=new).status_code

    with concurrent.futures.ThreadPoolExecutor(2) as both:
        statuses = list(both.map(attempt, news))
    assert statuses.count(204) == 1 and set(statuses) <= {204, 409, 422}
    log_in(server, someone.account["email"], news[statuses.index(204)], 200)


# ---- sessions

def test_the_list_is_of_my_own_sessions_and_marks_this_one(server, someone):
    other = another(someone)
    stranger = server.make_account(f"stranger-to-sessions-{next(numbers)}@marbre.test")
    mine, theirs = sessions(someone), sessions(other)
    assert len(mine) == 2 and [one["id"] for one in mine] == [one["id"] for one in theirs]
    assert [one["current"] for one in mine] == [not one["current"] for one in theirs]
    assert {one["id"] for one in mine}.isdisjoint(one["id"] for one in sessions(stranger))
    for session in mine:
        assert session["address"] == "127.0.0.1" and session["created_at"] <= session["seen_at"] < session["expires_at"]
    assert not {"access_token", "refresh_token", "hash"} & set(mine[0])


def test_the_list_is_by_when_each_was_seen(someone):
    other = another(someone)
    assert [one["current"] for one in sessions(someone)] == [False, True]
    seen = next(one["seen_at"] for one in sessions(someone) if one["current"])
    refresh(someone, 200)
    first = sessions(someone)[0]
    assert first["current"] and first["seen_at"] > seen and is_in(other)


def test_what_is_over_is_not_listed(server, someone):
    ended, old = another(someone), another(someone)
    server.sql(f"update sessions set expires_at = now() where id = '{current(old)}'")
    ended.post("/v1/auth/logout", {}, 204)
    assert [one["current"] for one in sessions(someone)] == [True]


@pytest.mark.parametrize("sent, listed", [
    ("Mozilla/5.0 (X11; Linux)", "Mozilla/5.0 (X11; Linux)"), ("a" * 2000, "a" * 300), ("é".encode() * 400, "é" * 300),
    (b"Caf\xe9/1.0", None), ("\U0001f4f0".encode() * 301, "\U0001f4f0" * 300), ("<script>'\"</script>", "<script>'\"</script>"),
    (None, None), (b"\xed\xa0\x80", None),
], ids=["a browser", "long", "long, of two bytes", "no UTF-8", "of four bytes", "a script", "none", "half a pair"])
def test_the_client_is_what_it_calls_itself_as_far_as_that_can_be_read(someone, sent, listed):
    other = another(someone, **{"User-Agent": SKIP_HEADER if sent is None else sent})
    assert next(one["client"] for one in sessions(other) if one["current"]) == listed


def test_the_address_is_the_clients_and_not_the_proxys(someone, costlier):
    for said, address in (("203.0.113.9", "203.0.113.9"), ("2001:DB8::1", "2001:db8::1"), ("no address", "127.0.0.1")):
        other = another(someone, costlier, **{"X-Forwarded-For": said})
        assert next(one["address"] for one in sessions(other) if one["current"]) == address


def test_one_session_is_ended(someone):
    other, third = another(someone), another(someone)
    address = f"{SESSIONS}/{current(other)}"
    assert someone.request("DELETE", address, 204).content == b""
    assert is_in(someone) and is_in(third) and not is_in(other)
    someone.request("DELETE", address, 404)
    someone.request("DELETE", f"{SESSIONS}/{current(someone)}", 204)  # this very one
    assert not is_in(someone) and is_in(third)


def test_nobody_ends_a_session_of_somebody_else(server, someone):
    stranger = server.make_account(f"somebody-else-{next(numbers)}@marbre.test", "admin")
    theirs = someone.request("DELETE", f"{SESSIONS}/{current(stranger)}", 404)
    unknown = someone.request("DELETE", f"{SESSIONS}/{uuid.uuid4()}", 404)
    stranger.request("DELETE", f"{SESSIONS}/{current(someone)}", 404)
    assert theirs.json()["detail"] == unknown.json()["detail"], "nobody learns which there are"
    someone.request("DELETE", f"{SESSIONS}/all", 400)
    assert is_in(stranger) and is_in(someone)


def test_all_the_other_sessions_are_ended_at_once(server, someone):
    others = [another(someone) for _ in range(3)]
    stranger = server.make_account(f"bystander-{next(numbers)}@marbre.test")
    someone.request("DELETE", SESSIONS, 204)
    assert is_in(someone) and is_in(stranger) and not any(map(is_in, others))
    assert len(sessions(someone)) == 1
    someone.request("DELETE", SESSIONS, 204)  # there are none: that is fine


def test_a_program_has_no_password_and_no_sessions(server, program):
    before = server.sql("select count(*) from login_attempts")
    words = {"current_password": marbre.PASSWORD, "password": NEW}
    for method, path, body in (("PATCH", PASSWORD, words), ("GET", SESSIONS, None), ("DELETE", SESSIONS, None),
                               ("DELETE", f"{SESSIONS}/{uuid.uuid4()}", None),
                               ("POST", "/v1/auth/logout", {})):
        assert "API key" in program.request(method, path, 403, json=body).json()["detail"]
    assert server.sql("select count(*) from login_attempts") == before
    program.get("/v1/auth/me", 200)


# ---- what a hash costs

def kept_hash(server, client):
    return server.sql(f"select password_hash from accounts where id = '{client.account['id']}'")


def cost(phc):
    return re.match(r"\$argon2id\$v=19\$(m=\d+,t=\d+,p=\d+)\$", phc)[1]


def test_a_login_under_another_cost_hashes_anew_and_under_the_same_does_not(server, costlier, someone):
    email, first = someone.account["email"], kept_hash(server, someone)
    assert cost(first) == "m=1024,t=1,p=1"
    another(someone)
    assert kept_hash(server, someone) == first, "nothing to do"
    log_in(costlier, email, WRONG, 401)
    assert kept_hash(server, someone) == first, "a wrong password changes nothing"
    another(someone, costlier)
    second = kept_hash(server, someone)
    assert cost(second) == "m=2048,t=3,p=1"
    another(someone, costlier)
    assert kept_hash(server, someone) == second
    log_in(server, email, WRONG, 401)
    assert is_in(someone), "it is the same password, so nobody is thrown out"
    another(someone)
    assert cost(kept_hash(server, someone)) == cost(first)


def test_when_many_log_in_at_once_some_wait_outside_and_readers_do_not(server):
    count, run = 20, uuid.uuid4().hex[:8]
    server.sql(f"insert into accounts (id, email, name, role, password_hash) select gen_random_uuid(), 'crowd-{run}-' || n ||"
               f" '@marbre.test', 'Foule', 'contributor', password_hash from accounts, generate_series(1, {count}) n"
               " where email = 'contributor@marbre.test'")
    beside = server.serve_beside(MARBRE_HASH_THREADS="1", MARBRE_HASH_QUEUE="2", MARBRE_HASH_PASSES="8",
                                 MARBRE_HASH_MEMORY_KIB="19456")  # each is hashed anew, which takes its time
    over, served = threading.Event(), []

    def read():
        reader = marbre.Client(beside)
        while not over.is_set():
            began = time.monotonic()
            reader.get("/v1/sections", 200)
            served.append(time.monotonic() - began)

    try:
        with concurrent.futures.ThreadPoolExecutor(count + 1) as many:
            reading = many.submit(read)
            marbre.wait_for(lambda: served, "the first reader")
            began, before = time.monotonic(), len(served)
            replies = list(many.map(lambda n: log_in(beside, f"crowd-{run}-{n}@marbre.test"), range(1, count + 1)))
            took, meanwhile = time.monotonic() - began, served[before:]
            over.set()
            reading.result()
        statuses = [reply.status_code for reply in replies]
        assert set(statuses) == {200, 503} and statuses.count(200) >= 2
        for reply in replies:
            if reply.status_code == 503:
                assert int(reply.headers["Retry-After"]) >= 1 and "logging in" in reply.json()["detail"]
        assert meanwhile and min(meanwhile) < took, "readers do not queue with them"
        assert log_in(beside, f"crowd-{run}-{statuses.index(503) + 1}@marbre.test").status_code == 200, "a moment later"
    finally:
        assert beside.stop() == 0
