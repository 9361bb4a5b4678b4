"""Access tokens that somebody else made, with the server's own key or without: each is refused, and none causes an
accident. What is refused is refused for what was changed, since the same maker's good tokens are taken."""
import hashlib
import json
import re
import socket
import uuid

import pytest

import marbre
from tokens import Forger, as_json, encoded, spare_bits

INVALID = 'Bearer realm="marbre", error="invalid_token"'


def bearer(token):
    return {"Authorization": b"Bearer " + token.encode()}


def me(server, token, expect=None):
    return server.client().get("/v1/auth/me", expect, headers=bearer(token))


def flipped(text, at):
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1:]


def nested(depth):
    return '{"x":' * depth + "0" + "}" * depth


def with_length(text, rest):
    """The same JSON, of a length that leaves this rest when it is divided by three: then base64 has bits to spare."""
    return text + b" " * ((rest - len(text)) % 3)


@pytest.fixture(scope="module")
def forger(server):
    forger = Forger(server, server.make_account("forged@marbre.test"))
    forger.stranger = Forger(server, server.make_account("stranger@marbre.test")).claims
    return forger


# ---- what is good

GOOD = {
    "as it was given": lambda f: f.good,
    "made by the forger": lambda f: f.with_header(),
    "with its members in another order": lambda f: f.sign(dict(reversed(f.head().items())), dict(reversed(f.claims.items()))),
    "with spaces behind its JSON": lambda f: f.sign(with_length(as_json(f.head()), 1), with_length(as_json(f.claims), 1)),
    "with spaces in its JSON": lambda f: f.sign(json.dumps(f.head(), indent=4).encode(), json.dumps(f.claims, indent=4).encode()),
    "for a minute more": lambda f: f.with_claims(exp=f.now + 60),
    "begun long ago": lambda f: f.with_claims(nbf=1),
    "of a clock that is ten seconds ahead": lambda f: f.with_claims(iat=f.now + 10, nbf=f.now + 10, exp=f.now + 500),
    "with a claim that nobody knows": lambda f: f.with_claims(name="Camille"),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_token_is_taken(server, forger, name):
    assert me(server, GOOD[name](forger), 200).json()["email"] == "forged@marbre.test"


# ---- what is forged

TIMES = ("exp", "nbf", "iat")
# JSON text in place of a number, some of it none at all.
WRONG_NUMBERS = {
    "null": "null", "true": "true", "false": "false", "a list": "[{good}]", "an empty list": "[]", "an object": "{{}}",
    "digits as a text": '"{good}"', "a text": '"soon"', "an empty text": '""', "a fraction": "{good}.5", "a whole float": "{good}.0",
    "1e10": "1e10", "1E400": "1E400", "2^31": str(2 ** 31), "2^53": str(2 ** 53), "2^63 - 1": str(2 ** 63 - 1), "2^63": str(2 ** 63),
    "2^64": str(2 ** 64), "10^400": str(10 ** 400), "zero": "0", "minus zero": "-0", "minus one": "-1", "-2^63": str(-2 ** 63),
    "NaN": "NaN", "Infinity": "Infinity", "hexadecimal": "0x7fffffff", "with a plus": "+{good}", "nothing": ""}


def wrong_texts(good):
    """Values that are not a claim that has to be this very text."""
    return {"nothing": "", "another": "other", "the first half": good[:len(good) // 2], "with a space": good + " ",
            "with a NUL": good + "\0", "in a list": [good], "in an object": {good: good}, "null": None, "true": True, "a number": 1,
            "a float": 1e10, "10^400": 10 ** 400, "negative": -1, "long": good * 30}


def claims_of_every_wrong_kind():
    for name in (*TIMES, "iss", "aud", "sub", "sid", "typ", "epoch"):
        yield f"{name} missing", lambda f, name=name: f.with_claims(name)
        yield f"{name} twice", lambda f, name=name: f.sign(
            f.head(), as_json(f.claims)[:-1] + f', "{name}": {json.dumps(f.claims[name])}}}'.encode())
    for name in (*TIMES, "epoch"):
        for label, text in WRONG_NUMBERS.items():
            yield f"{name} {label}", lambda f, name=name, text=text: f.with_raw(name, text.format(good=f.claims[name]))
    for name in ("iss", "aud", "typ", "sub", "sid"):
        for label in wrong_texts("any"):
            yield f"{name} {label}", lambda f, name=name, label=label: f.with_claims(
                **{name: wrong_texts(f.claims[name])[label]})
    for name in ("iss", "aud", "typ"):  # an id is the same in capitals
        yield f"{name} in capitals", lambda f, name=name: f.with_claims(**{name: f.claims[name].upper()})
    for name in ("sub", "sid"):
        for value in ("1", "editor@marbre.test", "' or true --", str(uuid.UUID(int=0)), str(uuid.UUID(int=7, version=4)), "x" * 36, "-" * 36):
            yield f"{name} {value!r}", lambda f, name=name, value=value: f.with_claims(**{name: value})
        yield f"{name} of a stranger", lambda f, name=name: f.with_claims(**{name: f.stranger[name]})
        yield f"{name} in braces", lambda f, name=name: f.with_claims(**{name: "{" + f.claims[name] + "}"})
        yield f"{name} without hyphens", lambda f, name=name: f.with_claims(**{name: f.claims[name].replace("-", "")})


FORGERIES = {
    # the algorithm
    **{f"alg {name!r}, unsigned": lambda f, name=name: f.unsigned(alg=name)
       for name in ("none", "None", "NONE", "nOnE", "none ", "none\0", "", None, "HS256")},
    "alg left out, unsigned": lambda f: f.unsigned("alg"),
    **{f"alg {name!r}": lambda f, name=name: f.with_header(alg=name)
       for name in ("none", "None", "NONE", "nOnE", "hs256", "HS256 ", "HS256\0", "HS384", "HS512", "RS256", "ES256", "PS256",
                    "EdDSA", "A128KW", "dir", "", None, 256, 256.0, ["HS256"], {"HS256": True}, True)},
    "alg left out": lambda f: f.with_header("alg"),
    "ALG in capitals": lambda f: f.with_header("alg", ALG="HS256"),
    "alg HS384, signed so": lambda f: f.with_header(alg="HS384", algorithm=hashlib.sha384),
    "alg HS512, signed so": lambda f: f.with_header(alg="HS512", algorithm=hashlib.sha512),
    "alg HS256, signed as HS384": lambda f: f.with_header(algorithm=hashlib.sha384),
    "alg HS256, signed as HS512": lambda f: f.with_header(algorithm=hashlib.sha512),
    **{f"alg twice, {first} then {second}": lambda f, first=first, second=second: f.sign(
        f'{{"alg":"{first}","typ":"JWT","kid":"{f.kid}","alg":"{second}"}}'.encode(), f.claims)
       for first, second in (("none", "HS256"), ("HS256", "none"), ("HS512", "HS256"), ("HS256", "HS256"))},
    # the key
    **{f"kid {str(name)[:20]!r}": lambda f, name=name: f.with_header(kid=name)
       for name in ("", "unknown", "K1", "k1 ", " k1", "k1\0", "k", "k11", "../../etc/passwd", "../secrets/jwt_keys", "/dev/null",
                    "/proc/self/environ", "/dev/null\0k1", "k1\0/dev/null", "' or '1'='1", "k1'; drop table accounts; --",
                    "k1:", "*", "%", "é", "k" * 64, "k" * 65, "k" * 600, "k" * 1900, None, 1, 1.0, True, ["k1"], {"k1": "k1"})},
    "kid left out": lambda f: f.with_header("kid"),
    "kid twice": lambda f: f.sign(f'{{"alg":"HS256","typ":"JWT","kid":"{f.kid}","kid":"{f.kid}"}}'.encode(), f.claims),
    **{f"kid {name} and the key that is in it": lambda f, name=name, key=key: f.with_header(kid=name, key=key)
       for name, key in (("/dev/null", b""), ("", b""), ("unknown", b"unknown"))},
    "an empty key": lambda f: f.with_header(key=b""),
    "the key as its file has it": lambda f: f.with_header(key=encoded(f.key).encode()),
    "the whole line of its file": lambda f: f.with_header(key=f"{f.kid}:{encoded(f.key)}".encode()),
    "half of the key": lambda f: f.with_header(key=f.key[:16]),
    "another key": lambda f: f.with_header(key=b"x" * 32),
    # the rest of the header
    **{f"{name} in the header": lambda f, name=name, value=value: f.with_header(**{name: value})
       for name, value in {"jwk": {"kty": "oct", "k": "AA"}, "jku": "https://evil.test/keys", "x5u": "https://evil.test/crt",
                           "x5c": ["MIIB"], "crit": ["exp"], "cty": "JWT", "b64": False, "zip": "DEF", "enc": "A128GCM",
                           "exp": 99999999999}.items()},
    "crit of nothing": lambda f: f.with_header(crit=[]),
    "crit and b64": lambda f: f.with_header(crit=["b64"], b64=False),
    "jwk with the key it is signed with": lambda f: f.with_header(jwk={"kty": "oct", "k": encoded(b"x" * 32)}, key=b"x" * 32),
    **{f"typ {name!r} in the header": lambda f, name=name: f.with_header(typ=name)
       for name in ("jwt", "JWT ", "at+jwt", "JWE", "", None, 1, ["JWT"])},
    "typ left out of the header": lambda f: f.with_header("typ"),
    **{f"a header of {text[:12]!r}": lambda f, text=text: f.sign(text, f.claims)
       for text in (b"", b"[]", b"{}", b"null", b'"HS256"', b"7", b"true", b"{", b'["HS256","JWT","k1"]', b"\xff\xfe",
                    b'{"alg":"HS256","typ":"JWT","kid":"\xff"}', b'{"alg":"HS256","typ":"JWT","kid":"\xc0\xaf"}',
                    b"\xef\xbb\xbf{}", nested(300).encode(), b"[" * 700 + b"]" * 700)},
    "a header with a byte order mark": lambda f: f.sign(b"\xef\xbb\xbf" + as_json(f.head()), f.claims),
    "a header with more behind it": lambda f: f.sign(as_json(f.head()) + b"{}", f.claims),
    "a header with a NUL behind it": lambda f: f.sign(as_json(f.head()) + b"\0", f.claims),
    # the claims
    **dict(claims_of_every_wrong_kind()),
    "expired this second": lambda f: f.with_claims(exp=f.now, iat=f.now - 60),
    "expired": lambda f: f.with_claims(exp=f.now - 1, iat=f.now - 600, nbf=f.now - 600),
    "expired years ago": lambda f: f.with_claims(exp=1_000_000_000, iat=999_999_900, nbf=999_999_900),
    "for longer than ten minutes": lambda f: f.with_claims(exp=f.now + 700, iat=f.now),
    "for years": lambda f: f.with_claims(exp=f.now + 10 ** 8),
    "not good yet": lambda f: f.with_claims(nbf=f.now + 300),
    "made an hour ago, good for another": lambda f: f.with_claims(iat=f.now - 3600, exp=f.now + 300),
    "made in an hour": lambda f: f.with_claims(iat=f.now + 3600, exp=f.now + 3700),
    "exp twice, the second for ever": lambda f: f.sign(f.head(), as_json(f.claims)[:-1] + b', "exp": 99999999999}'),
    "sub twice, the second a stranger's": lambda f: f.sign(
        f.head(), as_json(f.claims)[:-1] + f', "sub": "{f.stranger["sub"]}"}}'.encode()),
    "a stranger's account in one's own session": lambda f: f.with_claims(sub=f.stranger["sub"]),
    **{f"epoch {value}": lambda f, value=value: f.with_claims(epoch=value) for value in (0, 2, 3, 2 ** 31 - 1, 2 ** 40)},
    **{f"claims of {text[:12]!r}": lambda f, text=text: f.sign(f.head(), text)
       for text in (b"", b"[]", b"null", b'"x"', b"7", b"true", b"{", b"{}", b'{"exp":\xff}', b"\xff\xfe", b"[" * 700 + b"]" * 700)},
    "a list of the claims": lambda f: f.sign(f.head(), [f.claims]),
    "the claims as a text": lambda f: f.sign(f.head(), json.dumps(json.dumps(f.claims)).encode()),
    "claims with a byte order mark": lambda f: f.sign(f.head(), b"\xef\xbb\xbf" + as_json(f.claims)),
    "claims with more behind them": lambda f: f.sign(f.head(), as_json(f.claims) + b"{}"),
    "claims that are no UTF-8": lambda f: f.sign(f.head(), as_json(f.claims)[:-1] + b', "x": "\xff"}'),
    "claims with half a surrogate": lambda f: f.sign(f.head(), as_json(f.claims)[:-1] + b', "x": "\\ud800"}'),
    "deep claims": lambda f: f.sign(f.head(), as_json(f.claims)[:-1] + b', "x": ' + nested(150).encode() + b"}"),
    "deep claims without an end": lambda f: f.sign(f.head(), b'{"x":' * 200),
    "a token in the claims": lambda f: f.sign(f.head(cty="JWT"), f.good.encode()),
    # the signature
    **{f"bit {bit} of the signature": lambda f, bit=bit: f.with_bit(bit)
       for bit in (0, 1, 7, 8, 63, 64, 100, 127, 128, 191, 200, 248, 254, 255)},
    **{f"the signature {label}": lambda f, change=change: f.with_signature(change) for label, change in {
        "left out": lambda s: "", "cut in half": lambda s: s[:22], "without its end": lambda s: s[:-1], "and more": lambda s: s + "A",
        "and much more": lambda s: s + "A" * 43, "padded": lambda s: s + "=", "padded twice": lambda s: s + "==",
        "twice": lambda s: s + s, "with spare bits": spare_bits, "with other spare bits": lambda s: spare_bits(s, 2),
        "with all spare bits": lambda s: spare_bits(s, 3), "with a space inside": lambda s: s[:9] + " " + s[9:],
        "with a tab inside": lambda s: s[:9] + "\t" + s[9:], "with an escape inside": lambda s: s[:9] + "%20" + s[9:],
        "in base64's own alphabet": lambda s: "+/" + s[2:], "of nothing": lambda s: "A" * 43,
        "in hexadecimal": lambda s: s.encode().hex()[:64],
        "in capitals": lambda s: s.upper(), "backwards": lambda s: s[::-1]}.items()},
    **{f"the {name} changed after signing": lambda f, at=at, place=place: ".".join(
        flipped(part, place) if i == at else part for i, part in enumerate(f.parts()))
       for name, at, place in (("header", 0, 9), ("payload", 1, 30))},
    # other spellings of the parts, signed as they stand
    **{f"the {name} {label}": lambda f, at=at, change=change: f.sign_parts(
        *(change(part) if i == at else part for i, part in enumerate(f.parts()[:2])))
       for at, name in enumerate(("header", "payload"))
       for label, change in {"padded": lambda p: p + "=" * (-len(p) % 4 or 4), "with a space inside": lambda p: p[:8] + " " + p[8:],
                             "with a tab inside": lambda p: p[:8] + "\t" + p[8:], "with a star inside": lambda p: p[:8] + "*" + p[8:],
                             "with one character too many": lambda p: p + "A" * (5 - len(p) % 4)}.items()},
    "the header with spare bits": lambda f: f.sign_parts(spare_bits(encoded(with_length(as_json(f.head()), 1))), f.parts()[1]),
    "the payload with spare bits": lambda f: f.sign_parts(f.parts()[0], spare_bits(encoded(with_length(as_json(f.claims), 1)))),
    # the form
    **{f"{text!r}": lambda f, text=text: text
       for text in (".", "..", "...", "a", "a.b", "a.b.c", "null", "undefined", "{}", "é.é.é", "0", "-", "=.=.=")},
    "one part": lambda f: f.parts()[1],
    "two parts": lambda f: ".".join(f.parts()[:2]),
    "two parts and a dot": lambda f: ".".join(f.parts()[:2]) + ".",
    "four parts": lambda f: f.good + "." + f.parts()[2],
    "five parts": lambda f: f.good + ".AA.AA",
    "the parts in another order": lambda f: ".".join(reversed(f.parts())),
    "a dot behind": lambda f: f.good + ".",
    "a dot before": lambda f: "." + f.good,
    "two dots between": lambda f: f.good.replace(".", "..", 1),
    "a comma behind": lambda f: f.good + ",",
    "as JSON, flattened": lambda f: json.dumps(dict(zip(("protected", "payload", "signature"), f.parts()))),
    "as JSON, in full": lambda f: json.dumps({"payload": f.parts()[1], "signatures": [
        {"protected": f.parts()[0], "signature": f.parts()[2]}]}),
    "in quotes": lambda f: f'"{f.good}"',
    "escaped": lambda f: f.good.replace(".", "%2E"),
    "more than anybody needs": lambda f: f.with_claims(x="x" * 2000),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_is_refused(server, forger, name):
    token = FORGERIES[name](forger)
    assert token != forger.good
    assert me(server, token, 401).headers["WWW-Authenticate"] == INVALID


HUGE = {
    "letters": lambda f, size: "A" * size,
    "dots": lambda f, size: "." * size,
    "a good token and letters": lambda f, size: f.good + "A" * size,
    "a long claim": lambda f, size: f.with_claims(x="x" * size),
    "a long kid": lambda f, size: f.with_header(kid="k" * size),
    "a header 5,000 deep": lambda f, size: f.sign(b"[" * 5000 + b"]" * 5000, f.claims),
    "claims 5,000 deep": lambda f, size: f.sign(f.head(), as_json(f.claims)[:-1] + b',"x":' + b"[" * 5000 + b"]" * 5000 + b"}"),
}


@pytest.mark.parametrize("size", [8_000, 64_000])
@pytest.mark.parametrize("name", HUGE)
def test_a_huge_token_is_refused_without_an_accident(server, forger, name, size):
    """Of a head that is larger than any may be, nobody reads the token."""
    token = HUGE[name](forger, size)
    reply = marbre.Client(server).get("/v1/auth/me", headers=bearer(token))
    assert reply.status_code == (401 if len(token) < 16_000 else 431)
    assert reply.status_code == 431 or reply.headers["WWW-Authenticate"] == INVALID


def test_a_forged_token_opens_no_operation_of_the_desk(server, forger):
    """Each asks for itself, before it looks at anything else."""
    asked, forged = 0, forger.with_claims(exp=forger.now - 1)
    for path, item in server.contract.spec["paths"].items():
        for method, operation in item.items():
            if operation["security"]:
                address = re.sub(r"{\w+}", str(uuid.UUID(int=7)), path)
                server.client().request(method.upper(), address, 401, headers=bearer(forged), data=b"no JSON either")
                asked += 1
    assert asked > 10


def test_what_anybody_may_read_is_read_with_a_forged_token_too(server, forger):
    server.client().get("/v1/articles", 200, headers=bearer(forger.unsigned(alg="none")))


# ---- tokens that were good

def lowered(server, client):
    assert server.account("role", client.account["email"], "contributor").returncode == 0


def raised(server, client):
    assert server.account("role", client.account["email"], "admin").returncode == 0


def disabled(server, client):
    assert server.account("disable", client.account["email"]).returncode == 0


def disabled_and_enabled(server, client):
    disabled(server, client)
    assert server.account("enable", client.account["email"]).returncode == 0


def given_another_password(server, client):
    assert server.account("password", client.account["email"], typed="another long password\n").returncode == 0


def logged_out(server, client):
    client.post("/v1/auth/logout", {}, 204)


def revoked(server, client):
    server.sql(f"update sessions set revoked_at = now() where account_id = '{client.account['id']}'")


def too_old(server, client):
    server.sql(f"update sessions set expires_at = now() where account_id = '{client.account['id']}'")


@pytest.mark.parametrize("then", [lowered, raised, disabled, disabled_and_enabled, given_another_password, logged_out, revoked,
                                  too_old], ids=lambda then: then.__name__)
def test_a_token_is_good_only_as_long_as_its_account_and_session_are(server, then):
    client = server.make_account(f"{then.__name__}@marbre.test".replace("_", "-"), "chief")
    token = Forger(server, client).with_header()
    me(server, token, 200)
    then(server, client)
    assert me(server, token, 401).headers["WWW-Authenticate"] == INVALID
    assert client.get("/v1/auth/me", 401).headers["WWW-Authenticate"] == INVALID


def test_a_lowered_role_counts_at_the_next_call_and_the_refresh_token_still_trades(server):
    client = server.make_account("stays-in@marbre.test", "chief")
    client.make("sections", name="Avant la baisse")
    lowered(server, client)
    client.post("/v1/desk/sections", {"name": "Après la baisse"}, 401)
    grant = server.client().post("/v1/auth/refresh", {"refresh_token": client.grant["refresh_token"]}, 200).json()
    assert me(server, grant["access_token"], 200).json()["role"] == grant["account"]["role"] == "contributor"
    server.client().post("/v1/desk/sections", {"name": "Après la baisse"}, 403, headers=bearer(grant["access_token"]))


# ---- the header it comes in

@pytest.mark.parametrize("header", [
    "", "Bearer", "Bearer ", "Basic {token}", "Digest {token}", "Token {token}", "JWT {token}", "DPoP {token}", "{token}",
    "Bearer{token}", "Bearer\t{token}", "Bearer: {token}", "Bearer={token}", "Bearer token={token}", "Bearer access_token={token}",
    "Bearer {token} {token}", "Bearer {token},{token}", "Bearer {token}, Bearer {token}", "Bearer {token}; x", "Bearer \"{token}\"",
    "Bearer '{token}'", "Bearer <{token}>", "Bearer Bearer {token}", "Basic x, Bearer {token}", "Bearers {token}", "Bear {token}",
    "\u00a0Bearer {token}", "Bearer\u00a0{token}"])
def test_a_good_token_in_a_wrong_header_is_no_token(server, forger, header):
    value = header.format(token=forger.good).encode()
    reply = server.client().get("/v1/auth/me", 401, headers={"Authorization": value})
    assert reply.headers["WWW-Authenticate"].startswith('Bearer realm="marbre"')


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "bEaReR ", "Bearer  "])
def test_the_scheme_may_be_written_in_any_case(server, forger, scheme):
    server.client().get("/v1/auth/me", 200, headers={"Authorization": scheme + forger.good})


@pytest.mark.parametrize("where", ["?access_token={token}", "?token={token}", "?authorization=Bearer%20{token}"])
def test_a_token_in_an_address_is_no_token(server, forger, where):
    """Addresses are written into logs."""
    server.client().get("/v1/auth/me" + where.format(token=forger.good), 401)


@pytest.mark.parametrize("name", ["Cookie", "X-Authorization", "Proxy-Authorization", "X-Access-Token"])
def test_a_token_in_another_header_is_no_token(server, forger, name):
    server.client().get("/v1/auth/me", 401, headers={name: f"Bearer {forger.good}"})


@pytest.mark.parametrize("lines, statuses", [
    ("Authorization: Bearer {token}", {200}),
    ("Authorization: Bearer {head}\r\n .{tail}", {400, 401}),
    ("Authorization: Bearer\r\n {token}", {400, 401}),
    ("Authorization: Bearer {head}\n.{tail}", {400, 401}),
    ("Authorization: Bearer {head}\r.{tail}", {400, 401}),
    ("Authorization: Bearer {token}\0", {400, 401}),
    ("Authorization: Bearer \0{token}", {400, 401}),
    ("Authorization : Bearer {token}", {400, 401}),
    ("Authorization: Bearer x\r\nAuthorization: Bearer {token}", {400, 401}),
    ("Authorization: Bearer {token}\r\nAuthorization: Bearer x", {400, 401}),
    ("Authorization: Basic eDp4\r\nAuthorization: Bearer {token}", {400, 401}),
], ids=lambda value: repr(value) if isinstance(value, str) else "")
def test_a_header_in_pieces_is_no_header(server, forger, lines, statuses):
    head, tail = forger.good.split(".", 1)
    sent = f"GET /v1/auth/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(sent.format(token=forger.good, head=head, tail=tail).encode())
        answer = connection.makefile("rb").read()
    assert int(answer.split(b" ", 2)[1]) in statuses


def test_the_forgeries_left_the_session_alone(server, forger):
    me(server, forger.good, 200)
