"""Logging in, staying in, and who is kept out: sessions, refresh tokens, and the keys that sign."""
import concurrent.futures
import hashlib
import itertools
import json
import re
import time
import unicodedata

import pytest

import marbre
from tokens import claims_of, decoded, encoded

WRONG = "not the password"
numbers = itertools.count(1)


@pytest.fixture
def someone(server):
    """A contributor of this test's own, logged in."""
    return server.make_account(f"someone-{next(numbers)}@marbre.test")


def log_in(server, email, password=marbre.PASSWORD, expect=None):
    return server.client().post("/v1/auth/login", {"email": email, "password": password}, expect)


def refresh(server, token, expect=None):
    return server.client().post("/v1/auth/refresh", {"refresh_token": token}, expect)


def me(server, token, expect=None):
    return server.client().get("/v1/auth/me", expect, headers={"Authorization": f"Bearer {token}"})


def age_refresh_tokens(server, grant, seconds):
    """Makes it as if the used refresh tokens of a session had been used some seconds earlier."""
    server.sql(f"update refresh_tokens set used_at = used_at - interval '{seconds} seconds'"
               f" where session_id = '{claims_of(grant['access_token'])['sid']}'")


def what_is_said(reply):
    """A reply without what differs between any two replies."""
    headers = {name: value for name, value in reply.headers.items() if name not in ("Date", "X-Request-Id")}
    body = {name: value for name, value in reply.json().items() if name != "instance"}
    return reply.status_code, {**headers, "Content-Length": None}, body


# ---- logging in

def test_a_login_answers_in_the_words_of_oauth_and_says_whose_it_is(server, someone):
    reply = log_in(server, someone.account["email"], expect=200)
    grant = reply.json()
    assert set(grant) == {"access_token", "token_type", "expires_in", "refresh_token", "account"}
    assert grant["token_type"] == "Bearer" and grant["expires_in"] == 600
    assert grant["account"] == someone.account and set(grant["account"]) == {"id", "email", "name", "role"}
    assert reply.headers["Cache-Control"] == "no-store"
    claims = claims_of(grant["access_token"])
    assert claims["exp"] - claims["iat"] == 600 and abs(claims["iat"] - time.time()) < 60
    assert claims["sub"] == someone.account["id"]


def test_me_is_the_account_of_the_token(server, someone):
    reply = someone.get("/v1/auth/me", 200)
    assert reply.json() == {**someone.account, "sections": []}
    assert "no-store" in reply.headers["Cache-Control"]


def test_a_wrong_password_an_unknown_address_and_a_disabled_account_are_told_the_same(server, someone):
    email = someone.account["email"]
    wrong = log_in(server, email, WRONG, 401)
    unknown = log_in(server, "nobody-here@marbre.test", WRONG, 401)
    assert server.account("disable", email).returncode == 0
    disabled = log_in(server, email, marbre.PASSWORD, 401)
    assert what_is_said(wrong) == what_is_said(unknown) == what_is_said(disabled)
    assert wrong.json()["type"] == "/problems/unauthorized"


def test_an_address_may_be_written_in_capitals(server, someone):
    assert log_in(server, someone.account["email"].upper(), expect=200).json()["account"] == someone.account


def test_letters_in_pieces_are_the_same_password(server):
    email, composed = "pieces@marbre.test", "crème brûlée à Pékin"
    in_pieces = unicodedata.normalize("NFD", composed)
    assert in_pieces != composed
    added = server.account("add", email, "--role", "editor", typed=in_pieces)
    assert added.returncode == 0, added.stderr
    log_in(server, email, composed, 200)
    log_in(server, email, in_pieces, 200)


@pytest.mark.parametrize("body, pointers", [
    ({}, ["/email", "/password"]),
    ({"email": "editor@marbre.test"}, ["/password"]),
    ({"email": "editor@marbre.test", "password": "x", "remember": True}, ["/remember"]),
    ({"email": 7, "password": ["x"]}, ["/email", "/password"]),
    ({"email": None, "password": None}, ["/email", "/password"]),
    ({"email": "editor@marbre.test", "password": ""}, ["/password"]),
    ({"email": "x" * 255, "password": "x" * 1025}, ["/email", "/password"]),
    ({"email": "editor@marbre.test\0", "password": "marbre\0"}, ["/email", "/password"]),
    ([], [""]),
    ("editor@marbre.test", [""]),
], ids=lambda value: json.dumps(value)[:40])
def test_every_fault_of_a_login_is_named(server, body, pointers):
    problem = server.client().request("POST", "/v1/auth/login", 422, json=body).json()
    assert sorted(fault["pointer"] for fault in problem["errors"]) == pointers
    assert all(fault["detail"].endswith(".") for fault in problem["errors"])


@pytest.mark.parametrize("status, body, media", [
    (400, b'{"email": "a@b", "email": "editor@marbre.test", "password": "x"}', "application/json"),
    (400, b'{"email": "editor@marbre.test"', "application/json"),
    (400, b'{"email": "editor@marbre.test", "password": "\xff"}', "application/json"),
    (415, b"email=editor%40marbre.test&password=x", "application/x-www-form-urlencoded"),
    (415, b'{"email": "editor@marbre.test", "password": "x"}', None),
], ids=["a member twice", "cut off", "no UTF-8", "a form", "no type"])
def test_what_is_no_login_at_all_is_refused(server, status, body, media):
    headers = {"Content-Type": media} if media else {}
    server.client().request("POST", "/v1/auth/login", status, data=body, headers=headers)


def let_rest(server, email):
    """A minute passes."""
    server.sql(f"update login_attempts set rests_until = now() - interval '1 second' where email_hash = email_hash('{email}')")


def test_an_address_without_an_account_rests_as_one_with_an_account_does(server):
    email = "nobody-at-all@marbre.test"
    for _ in range(10):
        log_in(server, email, WRONG, 401)
    log_in(server, email, WRONG, 429)


def test_many_wrong_passwords_at_once_count_each(server, someone):
    def guess(_):
        body = {"email": someone.account["email"], "password": WRONG}
        return marbre.Client(server).post("/v1/auth/login", body).status_code

    with concurrent.futures.ThreadPoolExecutor(24) as many:
        statuses = list(many.map(guess, range(24)))
    assert statuses.count(401) == 10 and statuses.count(429) == 14


def test_after_ten_wrong_passwords_an_account_rests_for_a_minute(server, someone):
    email = someone.account["email"]
    for _ in range(10):
        log_in(server, email, WRONG, 401)
    resting = log_in(server, email, marbre.PASSWORD, 429)
    assert int(resting.headers["Retry-After"]) == 60
    someone.get("/v1/auth/me", 200)  # who is in stays in

    let_rest(server, email)
    log_in(server, email, WRONG, 401)
    log_in(server, email, marbre.PASSWORD, 429)

    let_rest(server, email)
    log_in(server, email, marbre.PASSWORD, 200)
    log_in(server, email, WRONG, 401)
    log_in(server, email, marbre.PASSWORD, 200)


def test_a_right_password_forgets_the_wrong_ones_before_it(server, someone):
    for _ in range(2):
        for _ in range(9):
            log_in(server, someone.account["email"], WRONG, 401)
        log_in(server, someone.account["email"], marbre.PASSWORD, 200)


# ---- refreshing

def test_a_refresh_token_trades_for_the_next_pair(server, someone):
    first = someone.grant
    second = refresh(server, first["refresh_token"], 200).json()
    assert second["refresh_token"] != first["refresh_token"] and second["account"] == someone.account
    assert claims_of(second["access_token"])["sid"] == claims_of(first["access_token"])["sid"], "the same session"
    me(server, second["access_token"], 200)
    third = refresh(server, second["refresh_token"], 200).json()
    me(server, third["access_token"], 200)


def test_a_used_refresh_token_yields_one_sibling_and_no_more(server, someone):
    """A reply was lost, or two tabs woke up at once."""
    token = someone.grant["refresh_token"]
    one = refresh(server, token, 200).json()
    other = refresh(server, token, 200).json()
    assert one["refresh_token"] != other["refresh_token"]
    refresh(server, token, 401)  # a third tab is turned away, and nobody is thrown out for it
    refresh(server, one["refresh_token"], 200)
    kept = refresh(server, other["refresh_token"], 200).json()
    me(server, kept["access_token"], 200)


def test_a_login_that_was_under_way_when_the_password_changed_opens_nothing(server, someone):
    """Whoever knew the old password must not slip in between."""
    email = someone.account["email"]
    with concurrent.futures.ThreadPoolExecutor(8) as many:
        logins = [many.submit(lambda: marbre.Client(server).post(
            "/v1/auth/login", {"email": email, "password": marbre.PASSWORD})) for _ in range(8)]
        changed = server.account("password", email, typed="another long password\n")
        replies = [login.result() for login in logins]
    assert changed.returncode == 0, changed.stderr
    for reply in replies:
        if reply.status_code == 200:  # it was first, and was ended by the change
            refresh(server, reply.json()["refresh_token"], 401)


def test_a_refresh_token_that_was_used_a_while_ago_ends_the_session(server, someone):
    """Somebody else has it: whoever of the two comes second is found out, and nobody stays in."""
    token = someone.grant["refresh_token"]
    thief = refresh(server, token, 200).json()
    age_refresh_tokens(server, thief, 31)
    refresh(server, token, 401)
    refresh(server, thief["refresh_token"], 401)
    me(server, thief["access_token"], 401)
    log_in(server, someone.account["email"], expect=200)


def test_a_refresh_token_that_was_used_just_now_may_trade_again(server, someone):
    grant = refresh(server, someone.grant["refresh_token"], 200).json()
    age_refresh_tokens(server, grant, 20)
    refresh(server, someone.grant["refresh_token"], 200)


def test_of_many_trades_at_once_two_succeed(server, someone):
    with concurrent.futures.ThreadPoolExecutor(6) as six:
        clients = [marbre.Client(server) for _ in range(6)]
        replies = six.map(lambda client: client.post("/v1/auth/refresh",
                                                     {"refresh_token": someone.grant["refresh_token"]}), clients)
        assert sorted(reply.status_code for reply in replies) == [200, 200, 401, 401, 401, 401]


@pytest.mark.parametrize("token, status", [("A" * 43, 401), ("é" * 43, 401), ("' or true --" * 4, 401), ("short", 422),
                                           (None, 422), ("A" * 42 + "\0", 422), ("A" * 201, 422)],
                         ids=["unknown", "not ASCII", "SQL", "short", "null", "NUL", "long"])
def test_what_is_no_refresh_token_opens_nothing(server, token, status):
    refresh(server, token, status)


def test_an_access_token_is_no_refresh_token(server, someone):
    assert refresh(server, someone.grant["access_token"]).status_code in (401, 422)
    me(server, someone.grant["refresh_token"], 401)


def test_a_refresh_token_is_kept_only_as_a_hash_and_nothing_secret_is_logged(server, someone):
    grant = refresh(server, someone.grant["refresh_token"], 200).json()
    kept = server.sql("select * from refresh_tokens")
    log = server.log_text()
    for secret in (someone.grant["refresh_token"], grant["refresh_token"]):
        assert secret not in kept and secret not in log
    assert grant["access_token"] not in log and hashlib.sha256(grant["refresh_token"].encode()).hexdigest() not in kept
    requests_logged = [line for line in log.splitlines() if '"http.request"' in line]
    assert requests_logged and not any(marbre.PASSWORD in line for line in requests_logged)


# ---- the end of a session

def test_logging_out_ends_this_session_and_no_other(server, someone):
    other = marbre.Client(server, email=someone.account["email"])
    assert someone.post("/v1/auth/logout", {}, 204).content == b""
    someone.get("/v1/auth/me", 401)
    someone.post("/v1/auth/logout", {}, 401)
    refresh(server, someone.grant["refresh_token"], 401)
    other.get("/v1/auth/me", 200)
    refresh(server, other.grant["refresh_token"], 200)


def test_a_session_that_is_too_old_ends(server, someone):
    server.sql(f"update sessions set expires_at = now() where account_id = '{someone.account['id']}'")
    someone.get("/v1/auth/me", 401)
    refresh(server, someone.grant["refresh_token"], 401)


def test_a_revoked_session_stops_at_its_next_call(server, someone):
    article = someone.make_article(title="Avant")
    server.sql(f"update sessions set revoked_at = now() where account_id = '{someone.account['id']}'")
    refused = someone.save(article, 401, title="Après")
    assert refused["type"] == "/problems/unauthorized"
    assert server.sql(f"select version from articles where id = '{article['id']}'") == "1"


def test_a_401_says_how_to_come_in(server, someone):
    without = server.client().get("/v1/desk/articles", 401)
    assert without.headers["WWW-Authenticate"] == 'Bearer realm="marbre"'
    bad = me(server, "no.such.token", 401)
    assert bad.headers["WWW-Authenticate"] == 'Bearer realm="marbre", error="invalid_token"'
    someone.post("/v1/auth/logout", {}, 204)
    over = someone.get("/v1/auth/me", 401)
    assert over.headers["WWW-Authenticate"] == 'Bearer realm="marbre", error="invalid_token"'
    assert log_in(server, "nobody@marbre.test", WRONG, 401).headers["WWW-Authenticate"].startswith("Bearer ")


# ---- signing keys

def test_a_new_key_signs_and_the_older_one_still_verifies(server, someone, scratch):
    old = (server.folder / "secrets/jwt_keys").read_text()
    keys = scratch / "two_keys"
    keys.write_text("# the new one first\nk2:" + encoded(b"n" * 32) + "\n" + old)
    beside = server.serve_beside(MARBRE_JWT_KEYS_FILE=str(keys))
    try:
        assert me(beside, someone.grant["access_token"], 200).json()["id"] == someone.account["id"]
        grant = log_in(beside, someone.account["email"], expect=200).json()
        assert json.loads(decoded(grant["access_token"].split(".")[0]))["kid"] == "k2"
        me(beside, grant["access_token"], 200)
        me(server, grant["access_token"], 401)
    finally:
        assert beside.stop() == 0
