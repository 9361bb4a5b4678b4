"""Logging in, staying in, and who is kept out: sessions, refresh tokens, and access tokens that somebody else made."""
import base64
import concurrent.futures
import hashlib
import hmac
import itertools
import json
import re
import time
import unicodedata
import uuid

import pytest

import marbre

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


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def claims_of(token):
    return json.loads(decoded(token.split(".")[1]))


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
    assert reply.json() == someone.account
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


def test_a_lowered_role_counts_at_the_next_call(server):
    chief = server.make_account("lowered@marbre.test", "chief")
    chief.make("sections", name="Avant la baisse")
    assert server.account("role", "lowered@marbre.test", "contributor").returncode == 0
    chief.post("/v1/desk/sections", {"name": "Après la baisse"}, 403)
    assert chief.get("/v1/auth/me", 200).json()["role"] == "contributor"


def test_a_401_says_how_to_come_in(server, someone):
    without = server.client().get("/v1/desk/articles", 401)
    assert without.headers["WWW-Authenticate"] == 'Bearer realm="marbre"'
    bad = me(server, "no.such.token", 401)
    assert bad.headers["WWW-Authenticate"] == 'Bearer realm="marbre", error="invalid_token"'
    someone.post("/v1/auth/logout", {}, 204)
    over = someone.get("/v1/auth/me", 401)
    assert over.headers["WWW-Authenticate"] == 'Bearer realm="marbre", error="invalid_token"'
    assert log_in(server, "nobody@marbre.test", WRONG, 401).headers["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic {token}", "Token {token}", "{token}", "Bearer{token}",
                                    "Bearer {token} {token}", "Bearer {token},{token}", "Bearer: {token}",
                                    "Bearer \"{token}\"", "DPoP {token}"])
def test_a_good_token_in_a_wrong_header_is_no_token(server, someone, header):
    value = header.format(token=someone.grant["access_token"])
    server.client().get("/v1/auth/me", 401, headers={"Authorization": value})


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_the_scheme_may_be_written_in_any_case(server, someone, scheme):
    server.client().get("/v1/auth/me", 200, headers={"Authorization": f"{scheme} {someone.grant['access_token']}"})


# ---- access tokens of somebody else's making

def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def as_json(value):
    return value if isinstance(value, bytes) else json.dumps(value).encode()


class Forger:
    """Somebody who even has the server's key, and the token of an open session to copy from."""

    def __init__(self, server, client, stranger):
        line = (server.folder / "secrets/jwt_keys").read_text().splitlines()[0]
        self.kid, secret = line.split(":")
        self.key = decoded(secret)
        self.good = client.grant["access_token"]
        self.claims, self.stranger = claims_of(self.good), claims_of(stranger.grant["access_token"])
        self.now = int(time.time())

    def sign(self, header, claims, algorithm="sha256", key=None):
        text = f"{encoded(as_json(header))}.{encoded(as_json(claims))}"
        signature = hmac.new(self.key if key is None else key, text.encode(), algorithm).digest()
        return f"{text}.{encoded(signature)}"

    def head(self, *left_out, **changed):
        header = {"alg": "HS256", "typ": "JWT", "kid": self.kid, **changed}
        return {name: value for name, value in header.items() if name not in left_out}

    def with_header(self, *left_out, algorithm="sha256", key=None, **changed):
        return self.sign(self.head(*left_out, **changed), self.claims, algorithm, key)

    def with_claims(self, *left_out, **changed):
        claims = {name: value for name, value in {**self.claims, **changed}.items() if name not in left_out}
        return self.sign(self.head(), claims)

    def parts(self):
        return self.good.split(".")

    def with_signature(self, change):
        header, payload, signature = self.parts()
        return f"{header}.{payload}.{change(signature)}"

    def with_spare_bits(self):
        """The last character of 32 bytes in base64url holds two bits that no byte needs."""
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        return self.with_signature(lambda s: s[:-1] + alphabet[alphabet.index(s[-1]) ^ 1])


def flipped(text, at):
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1:]


def unsigned(forger, algorithm):
    return ".".join([encoded(as_json(forger.head(alg=algorithm))), encoded(as_json(forger.claims)), ""])


FORGERIES = {
    # the algorithm
    **{f"alg {name!r}, unsigned": lambda f, name=name: unsigned(f, name)
       for name in ("none", "None", "NONE", "nOnE", "none ", "", None, "HS256")},
    **{f"alg {name!r}": lambda f, name=name: f.with_header(alg=name)
       for name in ("none", "None", "hs256", "HS256 ", "HS384", "RS256", "ES256", "", None, 256, ["HS256"], True)},
    "alg left out": lambda f: f.with_header("alg"),
    "alg HS384, signed so": lambda f: f.with_header(alg="HS384", algorithm="sha384"),
    "alg HS512, signed so": lambda f: f.with_header(alg="HS512", algorithm="sha512"),
    "alg HS256, signed as HS512": lambda f: f.with_header(algorithm="sha512"),
    "alg twice, none first": lambda f: f.sign(
        f'{{"alg":"none","alg":"HS256","typ":"JWT","kid":"{f.kid}"}}'.encode(), f.claims),
    "alg twice, none last": lambda f: f.sign(
        f'{{"alg":"HS256","alg":"none","typ":"JWT","kid":"{f.kid}"}}'.encode(), f.claims),
    # the key
    **{f"kid {name!r}": lambda f, name=name: f.with_header(kid=name)
       for name in ("", "unknown", "K1", "k1 ", "k1\0", "../secrets/jwt_keys", "/dev/null", "' or '1'='1", None, 1, ["k1"])},
    "kid left out": lambda f: f.with_header("kid"),
    "kid /dev/null and an empty key": lambda f: f.with_header(kid="/dev/null", key=b""),
    "an empty key": lambda f: f.with_header(key=b""),
    "the key as its file has it": lambda f: f.with_header(key=encoded(f.key).encode()),
    "another key": lambda f: f.with_header(key=b"x" * 32),
    # the rest of the header
    **{f"{name} in the header": lambda f, name=name, value=value: f.with_header(**{name: value})
       for name, value in {"jwk": {"kty": "oct", "k": "AA"}, "jku": "https://evil.test/", "x5u": "https://evil.test/",
                           "crit": ["exp"], "cty": "JWT", "b64": False, "zip": "DEF"}.items()},
    **{f"typ {name!r} in the header": lambda f, name=name: f.with_header(typ=name)
       for name in ("jwt", "at+jwt", "JWE", "", None, 1)},
    "typ left out of the header": lambda f: f.with_header("typ"),
    "a header of []": lambda f: f.sign([], f.claims),
    "a header of null": lambda f: f.sign(None, f.claims),
    "a header that is no JSON": lambda f: f.sign(b"{", f.claims),
    "a header that is no UTF-8": lambda f: f.sign(b'{"alg":"HS256","typ":"JWT","kid":"\xff"}', f.claims),
    "a deep header": lambda f: f.sign(b"[" * 500 + b"]" * 500, f.claims),
    # the times
    **{f"{name} left out": lambda f, name=name: f.with_claims(name) for name in ("exp", "nbf", "iat")},
    **{f"{name} {label}": lambda f, name=name, value=value, later=later: f.with_claims(**{name: value(f.now + later)})
       for name, later in {"exp": 300, "nbf": 0, "iat": 0}.items()
       for label, value in {
           "as a text": str, "as a float": lambda good: good + 0.5, "as a whole float": float, "in a list": lambda good: [good],
           "negative": lambda good: -good, "zero": lambda good: 0, "null": lambda good: None, "true": lambda good: True,
           "2^63": lambda good: 2 ** 63, "10^30": lambda good: 10 ** 30}.items()},
    "expired": lambda f: f.with_claims(exp=f.now - 1, iat=f.now - 600, nbf=f.now - 600),
    "for longer than ten minutes": lambda f: f.with_claims(exp=f.now + 700, iat=f.now),
    "for ever": lambda f: f.with_claims(exp=2 ** 63 - 1),
    "not good yet": lambda f: f.with_claims(nbf=f.now + 300),
    "made in an hour": lambda f: f.with_claims(iat=f.now + 3600, exp=f.now + 3700),
    "exp twice": lambda f: f.sign(f.head(), as_json(f.claims)[:-1] + b', "exp": 99999999999}'),
    # whom it is for
    **{f"{name} {value!r}": lambda f, name=name, value=value: f.with_claims(**{name: value})
       for name in ("iss", "aud", "typ") for value in ("", "other", "MARBRE", "refresh", None, 1, ["marbre-desk"])},
    **{f"{name} left out": lambda f, name=name: f.with_claims(name) for name in ("iss", "aud", "typ", "sub", "sid", "epoch")},
    **{f"{name} {value!r}": lambda f, name=name, value=value: f.with_claims(**{name: value})
       for name in ("sub", "sid") for value in ("", "1", "editor@marbre.test", "' or true", str(uuid.UUID(int=0)),
                                                "x" * 36, "-" * 36, None, 1, ["x"])},
    "sub of a stranger": lambda f: f.with_claims(sub=f.stranger["sub"]),
    "sid of a stranger": lambda f: f.with_claims(sid=f.stranger["sid"]),
    "sub with something behind it": lambda f: f.with_claims(sub=f.claims["sub"] + "\0"),
    **{f"epoch {value!r}": lambda f, value=value: f.with_claims(epoch=value)
       for value in (0, -1, 2, 2 ** 31, 2 ** 40, "1", 1.0, None, True, [1])},
    # what it holds
    **{f"claims of {text[:8]!r}": lambda f, text=text: f.sign(f.head(), text)
       for text in (b"", b"[]", b"null", b'"x"', b"7", b"{", b"{}", b'{"exp":\xff}', b"[" * 500 + b"]" * 500)},
    "deep claims": lambda f: f.sign(f.head(), as_json(f.claims)[:-1] + b', "x": ' + b"[" * 200 + b"]" * 200 + b"}"),
    "deep claims without an end": lambda f: f.sign(f.head(), b'{"x":' * 200),
    # the signature
    "no signature": lambda f: f.with_signature(lambda s: ""),
    "half of the signature": lambda f: f.with_signature(lambda s: s[:22]),
    "the signature without its end": lambda f: f.with_signature(lambda s: s[:-1]),
    "the signature and more": lambda f: f.with_signature(lambda s: s + "A"),
    "the signature padded": lambda f: f.with_signature(lambda s: s + "="),
    "the signature twice": lambda f: f.with_signature(lambda s: s + s),
    "the first bit of the signature": lambda f: f.with_signature(lambda s: flipped(s, 0)),
    "the middle of the signature": lambda f: f.with_signature(lambda s: flipped(s, 21)),
    "the spare bits of the signature": Forger.with_spare_bits,
    "the signature with a space": lambda f: f.with_signature(lambda s: s[:9] + " " + s[9:]),
    "the signature in another alphabet": lambda f: f.with_signature(lambda s: "+/" + s[2:]),
    "the signature of nothing": lambda f: f.with_signature(lambda s: "A" * 43),
    "the payload changed": lambda f: ".".join([f.parts()[0], flipped(f.parts()[1], 30), f.parts()[2]]),
    "the header changed": lambda f: ".".join([flipped(f.parts()[0], 9), *f.parts()[1:]]),
    "the header padded": lambda f: ".".join([f.parts()[0] + "=", *f.parts()[1:]]),
    "the payload padded": lambda f: ".".join([f.parts()[0], f.parts()[1] + "=", f.parts()[2]]),
    # the form
    **{f"{text!r}": lambda f, text=text: text for text in (".", "..", "...", "a", "a.b", "a.b.c", "null", "{}", "é.é.é")},
    "two parts": lambda f: ".".join(f.parts()[:2]),
    "four parts": lambda f: f.good + "." + f.parts()[2],
    "a dot behind": lambda f: f.good + ".",
    "a dot before": lambda f: "." + f.good,
    "five parts": lambda f: f.good + ".AA.AA",
    "a comma behind": lambda f: f.good + ",",
    "more than anybody needs": lambda f: f.with_claims(x="x" * 2000),
}


@pytest.fixture(scope="module")
def forger(server):
    return Forger(server, server.make_account("forged@marbre.test"), server.make_account("stranger@marbre.test"))


def test_the_forger_knows_how_tokens_are_made(server, forger):
    """What is refused below is refused for what was changed, since an unchanged copy is taken."""
    for token in (forger.good, forger.with_header(), forger.with_claims(exp=forger.now + 60, nbf=forger.now - 60)):
        assert me(server, token, 200).json()["email"] == "forged@marbre.test"


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_is_refused(server, forger, name):
    token = FORGERIES[name](forger)
    assert token != forger.good
    reply = server.client().get("/v1/auth/me", 401, headers={"Authorization": b"Bearer " + token.encode()})
    assert "invalid_token" in reply.headers["WWW-Authenticate"]


@pytest.mark.parametrize("size", [8_000, 64_000])
def test_a_huge_token_is_refused_without_an_accident(server, forger, size):
    for token in ("A" * size, "." * size, forger.good + "A" * size, forger.with_claims(x="x" * size)):
        reply = marbre.Client(server).get("/v1/auth/me", headers={"Authorization": f"Bearer {token}"})
        assert reply.status_code == (401 if len(token) < 16_000 else 431)


def test_the_forgeries_left_the_session_alone(server, forger):
    me(server, forger.good, 200)


def test_a_new_key_signs_and_the_older_one_still_verifies(server, someone, scratch):
    old = (server.folder / "secrets/jwt_keys").read_text()
    keys = scratch / "two_keys"
    keys.write_text("# the new one first\nk2:" + encoded(b"n" * 32) + "\n" + old)
    beside = server.serve_beside(MARBRE_JWT_KEYS_FILE=str(keys))
    try:
        assert me(beside, someone.grant["access_token"], 200).json() == someone.account
        grant = log_in(beside, someone.account["email"], expect=200).json()
        assert json.loads(decoded(grant["access_token"].split(".")[0]))["kid"] == "k2"
        me(beside, grant["access_token"], 200)
        me(server, grant["access_token"], 401)
    finally:
        assert beside.stop() == 0
