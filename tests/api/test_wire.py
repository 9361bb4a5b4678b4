"""What a client sees that writes its bytes by hand: framing, refusals, limits, and the corpus of requests that others made.

Every reply here is read strictly: a status line, fields, exactly the bytes that Content-Length announces."""
import json
import re
import socket
import tarfile
import time
import uuid

import pytest

import marbre

PATIENCE = 20
GET = b"GET /v1/sections HTTP/1.1\r\nHost: a\r\n"
STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5]\d\d) [ -~]*")
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([!-~\x80-\xff](?:[ -~\x80-\xff]*[!-~\x80-\xff])?)?")


class Reply:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    @property
    def closes(self):
        return self.fields.get("connection") == "close"

    def problem(self, server):
        """The problem document that it has to be."""
        assert self.fields["content-type"] == "application/problem+json", self.fields
        document = json.loads(self.body)
        server.contract.judge.validate(document, server.contract.spec["components"]["schemas"]["Problem"])
        assert document["status"] == self.status and self.fields["x-request-id"] == document["instance"]
        return document


def read_fields(block):
    """The head of a reply, without its empty line, as status and fields."""
    first, *lines = block.split(b"\r\n")
    status = STATUS_LINE.fullmatch(first)
    assert status, first
    fields = {}
    for line in lines:
        field = FIELD.fullmatch(line)
        assert field, line
        name = field.group(1).decode().lower()
        assert name not in fields, f"{name} came twice"
        fields[name] = (field.group(2) or b"").decode("latin-1")
    return int(status.group(1)), fields


class Wire:
    """One connection. A `source` is an address of the loopback to come from."""

    def __init__(self, server, source=None):
        self.socket = socket.create_connection(("127.0.0.1", server.port), PATIENCE, source and (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.unread = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def say(self, *parts, pause=0.0):
        for part in parts:
            self.socket.sendall(part)
            if pause:
                time.sleep(pause)
        return self

    def _more(self):
        piece = self.socket.recv(65536)
        self.unread += piece
        return bool(piece)

    def hear(self, head=False):
        """One reply; `head` says that it answers a HEAD."""
        while b"\r\n\r\n" not in self.unread:
            assert self._more(), f"the connection ended inside of a head: {self.unread!r}"
        block, self.unread = self.unread.split(b"\r\n\r\n", 1)
        status, fields = read_fields(block)
        if status < 200:
            return Reply(status, fields, b"")
        assert "date" in fields and ("content-length" in fields) == (status not in (204, 304)), fields
        length = 0 if head else int(fields.get("content-length", 0))
        while len(self.unread) < length:
            assert self._more(), "the connection ended inside of a body"
        body, self.unread = self.unread[:length], self.unread[length:]
        return Reply(status, fields, body)

    def ends(self):
        """Nothing more comes, and the server closes."""
        while self._more():
            pass
        assert self.unread == b"", f"more came: {self.unread!r}"

    def hear_all(self):
        """Every reply until the connection ends. One whose body is left out answers a HEAD."""
        self.socket.shutdown(socket.SHUT_WR)
        while self._more():
            pass
        replies = []
        while self.unread:
            block, rest = self.unread.split(b"\r\n\r\n", 1)
            length = int(read_fields(block)[1].get("content-length", 0))
            replies.append(self.hear(head=length > 0 and (rest == b"" or rest.startswith(b"HTTP/1.1 "))))
        return replies


@pytest.fixture(scope="module")
def slow_heads(server):
    """Connections that began a request before the other stories, and never end it."""
    wires = [Wire(server).say(GET), Wire(server).say(b"G"), Wire(server).say(b"POST /v1/auth/login HTTP/1.1\r\nHost: a\r\n"
             b"Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{")]
    yield time.monotonic(), wires
    for wire in wires:
        wire.socket.close()


@pytest.fixture(scope="module", autouse=True)
def begin_slowly(slow_heads):
    pass


@pytest.fixture(scope="module")
def narrow(server):
    """A server with small limits, behind a proxy at 127.0.0.9."""
    narrow = server.serve_beside(MARBRE_WORKERS="1", MARBRE_CONNECTIONS_PER_ADDRESS="3", MARBRE_REQUEST_BYTES="8388608",
                                 MARBRE_TRUSTED_PROXIES="127.0.0.9, 192.0.2.0/24")
    yield narrow
    status = narrow.stop()
    assert status == 0 and "Sanitizer" not in narrow.log_text(), narrow.log_text()[-3000:]


def desk_post(server, *fields):
    token = server.client("contributor").grant["access_token"].encode()
    lines = [b"POST /v1/desk/articles HTTP/1.1", b"Host: a", b"Authorization: Bearer " + token,
             b"Content-Type: application/json", *fields]
    return b"\r\n".join(lines) + b"\r\n\r\n"


ARTICLE = json.dumps({"title": "Écrit à la main"}).encode()


# ------------------------------------------------------------------------------------------------- one after another

def test_fifty_requests_sent_at_once_are_answered_in_their_order(server):
    kinds = [(b"GET /v1/sections", 200), (b"HEAD /v1/sections", 200), (b"GET /nowhere", 404), (b"DELETE /v1/sections", 405),
             (b"OPTIONS /v1/sections", 204), (b"GET /v1/desk/articles", 401), (b"GET /openapi.json", 200)]
    asked = [(*kinds[i % len(kinds)], b"pipelined-%02d" % i) for i in range(50)]
    with Wire(server) as wire:
        wire.say(b"".join(line + b" HTTP/1.1\r\nHost: a\r\nX-Request-Id: " + name + b"\r\n\r\n" for line, _, name in asked))
        for line, status, name in asked:
            reply = wire.hear(head=line.startswith(b"HEAD"))
            assert (reply.status, reply.fields["x-request-id"]) == (status, name.decode()) and not reply.closes


def test_saves_sent_at_once_are_answered_in_their_order(server):
    bodies = [json.dumps({"title": f"En série {i}"}).encode() for i in range(10)]
    with Wire(server) as wire:
        for i, body in enumerate(bodies):
            if i % 2:
                wire.say(desk_post(server, b"Content-Length: %d" % len(body)) + body)
            else:
                wire.say(desk_post(server, b"Transfer-Encoding: chunked") + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
        for i in range(10):
            reply = wire.hear()
            assert reply.status == 201 and json.loads(reply.body)["title"] == f"En série {i}"


def test_a_client_that_sends_byte_by_byte_is_served(server):
    request = desk_post(server, b"Transfer-Encoding: chunked") + b"%x;a=b\r\n%b\r\n0\r\nX: y\r\n\r\n" % (len(ARTICLE), ARTICLE)
    with Wire(server) as wire:
        wire.say(*(bytes([byte]) for byte in request), pause=0.0005)
        assert wire.hear().status == 201
        wire.say(*(bytes([byte]) for byte in GET + b"\r\n"), pause=0.0005)
        assert wire.hear().status == 200


def test_head_is_answered_like_get_without_the_body(server):
    with Wire(server) as wire:
        for path in (b"/v1/sections", b"/v1/articles", b"/openapi.json", b"/nowhere", b"/v1/desk/articles"):
            got = wire.say(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n").hear()
            told = wire.say(b"HEAD " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n").hear(head=True)
            assert told.status == got.status and told.fields.keys() == got.fields.keys()
            lengths = [reply.fields["content-length"] for reply in (told, got)]
            assert lengths[0] == lengths[1] == str(len(got.body))


def test_a_client_that_said_all_it_has_to_say_still_hears_the_answer(server):
    for ending, closes in ((b"\r\n", False), (b"Connection: close\r\n\r\n", True)):
        with Wire(server) as wire:
            replies = wire.say((GET + b"\r\n") * 2 + GET + ending).hear_all()
            assert [reply.status for reply in replies] == [200] * 3 and replies[2].closes == closes


# ------------------------------------------------------------------------------------------------------- expectations

def test_a_client_that_asks_first_is_told_to_go_on_or_why_not(server):
    length = b"Content-Length: %d" % len(ARTICLE)
    with Wire(server) as wire:
        assert wire.say(desk_post(server, length, b"Expect: 100-continue")).hear().status == 100
        assert wire.say(ARTICLE).hear().status == 201
        refused = wire.say(b"POST /v1/desk/articles HTTP/1.1\r\nHost: a\r\n" + length + b"\r\nExpect: 100-continue\r\n\r\n").hear()
        assert refused.status == 401 and refused.closes, "the body is not on its way, and nobody knows whether it will be"
        wire.ends()
    with Wire(server) as wire:
        reply = wire.say(desk_post(server, length, b"Expect: a-miracle")).hear()
        assert reply.status == 417 and reply.closes and reply.problem(server)["type"] == "/problems/expectation-failed"
        wire.ends()


# ----------------------------------------------------------------------------------------------------------- refusals

HOST = b" HTTP/1.1\r\nHost: a\r\n"
REFUSED = [  # what is sent, the answer, its problem, whether the connection ends
    (b"BREW /v1/sections" + HOST + b"\r\n", 501, "not-implemented", False),
    (b"get /v1/sections" + HOST + b"\r\n", 501, "not-implemented", False),
    (b"TRACE /nowhere" + HOST + b"\r\n", 501, "not-implemented", False),
    (b"PUT /v1/sections" + HOST + b"\r\n", 405, "method-not-allowed", False),
    (b"PATCH /v1/auth/login" + HOST + b"\r\n", 405, "method-not-allowed", False),
    (b"POST /v1/auth/login" + HOST + b"Content-Type: application/json\r\n\r\n", 411, "length-required", False),
    (b"CONNECT a:443" + HOST + b"\r\n", 400, "bad-request", True),
    (b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-request", True),
    (b"GET /v1/sections HTTP/2.0\r\nHost: a\r\n\r\n", 505, "http-version", True),
    (b"GET /v1/sections HTTP/1.2\r\nHost: a\r\n\r\n", 505, "http-version", True),
    (b"GET /v1/sections HTTP/1.1\r\n\r\n", 400, "bad-request", True),
    (b"GET /" + b"a" * 9000 + HOST + b"\r\n", 414, "uri-too-long", True),
    (b"GET /v1/sections" + HOST + b"X: " + b"a" * 17000 + b"\r\n\r\n", 431, "head-too-large", True),
    (b"GET /v1/sections" + HOST + b"X: y\r\n" * 100 + b"\r\n", 431, "head-too-large", True),
    (b"GET /v1/sections" + HOST + b"Content-Length: 99999999\r\n\r\n", 413, "too-large", True),
    (b"GET /v1/sections" + HOST + b"Transfer-Encoding: gzip\r\n\r\n", 501, "not-implemented", True),
]


@pytest.mark.parametrize("sent, status, slug, ends", REFUSED, ids=[f"{row[1]}-{i}" for i, row in enumerate(REFUSED)])
def test_every_refusal_is_a_problem_document(server, sent, status, slug, ends):
    with Wire(server) as wire:
        reply = wire.say(sent).hear()
        assert (reply.status, reply.closes) == (status, ends), reply.body
        assert reply.problem(server)["type"] == f"/problems/{slug}"
        assert status != 405 or "OPTIONS" in reply.fields["allow"]
        if ends:
            wire.ends()
        else:
            assert wire.say(GET + b"\r\n").hear().status == 200


def test_options_says_what_an_address_takes(server):
    with Wire(server) as wire:
        for target, allowed in ((b"/v1/sections", {"GET", "HEAD", "OPTIONS"}), (b"/v1/auth/login", {"POST", "OPTIONS"}),
                                (b"*", {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})):
            reply = wire.say(b"OPTIONS " + target + HOST + b"\r\n").hear()
            assert reply.status == 204 and set(reply.fields["allow"].split(", ")) == allowed


def test_a_body_that_is_too_large_is_refused_before_it_is_read(server):
    for framing in (b"Content-Length: 3145729\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n300001\r\n"):
        with Wire(server) as wire:
            head = desk_post(server, framing)[:-4]
            reply = wire.say(head, b"x" * 200000).hear()
            assert reply.status == 413 and reply.closes and "3145728" in reply.problem(server)["detail"]
            wire.ends()


def test_http_1_0_is_spoken(server):
    with Wire(server) as wire:
        reply = wire.say(b"GET /v1/sections HTTP/1.0\r\n\r\n").hear()
        assert reply.status == 200 and reply.closes
        wire.ends()


# ---------------------------------------------------------------------------------------------------------- smuggling

SMUGGLED = b"GET /v1/sections HTTP/1.1\r\nHost: a\r\nX-Request-Id: smuggled-in\r\n\r\n"
POST = b"POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
SHAPES = {
    "a length and chunked": POST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX",
    "chunked and a length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello",
    "two equal lengths": POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "a list of lengths": POST + b"Content-Length: 5, 5\r\n\r\nhello",
    "a length with a sign": POST + b"Content-Length: +3\r\n\r\nabc",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "a hexadecimal length": POST + b"Content-Length: 0x3\r\n\r\nabc",
    "an empty length": POST + b"Content-Length:\r\n\r\n",
    "a length that wraps around": POST + b"Content-Length: 18446744073709551616\r\n\r\n",
    "gzip, chunked": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked, chunked": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked, twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked, identity": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "xchunked": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a tab and chunked": POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "chunked in HTTP/1.0": POST.replace(b"/1.1", b"/1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a folded line": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a space before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a space before the name": POST.replace(b"Host", b" Host") + b"\r\n",
    "a bare LF after a field": POST + b"X: y\nContent-Length: 5\r\n\r\nhello",
    "a bare LF for the head's end": POST + b"X: y\r\n\n",
    "a bare CR in a value": POST + b"X: y\rContent-Length: 5\r\n\r\n",
    "a NUL in a value": POST + b"X: y\0z\r\n\r\n",
    "a NUL in a name": POST + b"X\0: y\r\n\r\n",
    "a NUL in the target": b"GET /v1/\0sections HTTP/1.1\r\nHost: a\r\n\r\n",
    "two hosts": POST + b"Host: b\r\n\r\n",
    "a host with a path": b"GET /v1/sections HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "a chunk with a bare LF": POST + b"Transfer-Encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n",
    "a chunk with a sign": POST + b"Transfer-Encoding: chunked\r\n\r\n+1\r\nx\r\n0\r\n\r\n",
    "a chunk with 0x": POST + b"Transfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n0\r\n\r\n",
    "a chunk with a space": POST + b"Transfer-Encoding: chunked\r\n\r\n1 \r\nx\r\n0\r\n\r\n",
    "a chunk that is longer than it says": POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n",
    "a bare LF in an extension": POST + b"Transfer-Encoding: chunked\r\n\r\n1;a\nb\r\nx\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_what_two_servers_might_read_differently_is_refused_and_ends_the_connection(server, shape):
    with Wire(server) as wire:
        reply = wire.say(SHAPES[shape] + SMUGGLED).hear()
        assert reply.status in (400, 501) and reply.closes and reply.problem(server)
        assert reply.fields["x-request-id"] != "smuggled-in"
        wire.ends()


# --------------------------------------------------------------------------------------------------- percent-encoding

@pytest.mark.parametrize("target", [
    b"/v1/articles/%", b"/v1/articles/%4", b"/v1/articles/%zz", b"/v1/articles/%00", b"/v1/articles/a%00b", b"/%00",
    b"/v1/articles/%ff", b"/v1/articles/%C3", b"/v1/articles/%C0%AF", b"/v1/articles/%ED%A0%80", b"/v1/%2e%2e/v1/articles",
    b"/v1/articles/..", b"/v1/./articles", b"/v1%2F..%2fsecrets", b"/v1/articles?limit=%", b"/v1/articles?limit=%zz",
    b"/v1/articles?section=%00", b"/v1/articles?section=%ff", b"/v1/articles?%ff=1", b"/v1/articles?section=a%C3"])
def test_escapes_that_mean_nothing_or_too_much_are_refused(server, target):
    with Wire(server) as wire:
        reply = wire.say(b"GET " + target + HOST + b"\r\n").hear()
        assert reply.status == 400 and reply.problem(server)["type"] == "/problems/bad-request"


def test_escapes_are_decoded_once(server):
    with Wire(server) as wire:
        assert wire.say(b"GET /v1/s%65ctions" + HOST + b"\r\n").hear().status == 200
        assert wire.say(b"GET /v1/s%2565ctions" + HOST + b"\r\n").hear().status == 404


# -------------------------------------------------------------------------------------------------------------- limits

def test_one_address_cannot_take_all_the_connections(narrow):
    with Wire(narrow, "127.0.0.2") as first, Wire(narrow, "127.0.0.2") as second, Wire(narrow, "127.0.0.2") as third:
        for wire in (first, second, third):
            assert wire.say(GET + b"\r\n").hear().status == 200
        with Wire(narrow, "127.0.0.2") as fourth:
            while fourth._more():
                pass
            assert fourth.unread.startswith(b"HTTP/1.1 503 ") and b"\r\nConnection: close\r\n" in fourth.unread
        with Wire(narrow, "127.0.0.3") as neighbour:
            assert neighbour.say(GET + b"\r\n").hear().status == 200
        proxied = [Wire(narrow, "127.0.0.9") for _ in range(6)]
        for wire in proxied:
            assert wire.say(GET + b"\r\n").hear().status == 200
            wire.socket.close()
        third.socket.close()

        def there_is_room():
            try:
                with Wire(narrow, "127.0.0.2") as wire:
                    return wire.say(GET + b"\r\n").hear().status == 200
            except (AssertionError, OSError):
                return False  # turned away
        marbre.wait_for(there_is_room, "the place of the one that left")


def test_bodies_wait_outside_when_there_is_no_room_for_them(narrow):
    head = desk_post(narrow, b"Content-Length: 3145728")
    polite = desk_post(narrow, b"Content-Length: 3145728", b"Expect: 100-continue")

    def turned_away():  # 100 while the first body has not been read so far that it fills the room
        with Wire(narrow, "127.0.0.5") as second:
            reply = second.say(polite).hear()
            if reply.status == 503:
                second.ends()
                return reply

    with Wire(narrow, "127.0.0.4") as first:
        first.say(head, b" " * 3000000)
        reply = marbre.wait_for(turned_away, "the room to be full")
        assert reply.closes and reply.fields["retry-after"] == "1"
        assert reply.problem(narrow)["type"] == "/problems/unavailable"
        with Wire(narrow, "127.0.0.6") as reader:
            assert reader.say(GET + b"\r\n").hear().status == 200

    def there_is_room():
        with Wire(narrow, "127.0.0.5") as wire:
            return wire.say(head, b" " * (3145728 - len(ARTICLE)) + ARTICLE).hear().status == 201
    marbre.wait_for(there_is_room, "the room of the one that left")


def logged_peer(server, source, *fields):
    name = str(uuid.uuid4())
    with Wire(server, source) as wire:
        request = b"".join(field + b"\r\n" for field in (*fields, b"X-Request-Id: " + name.encode()))
        assert wire.say(GET + request + b"\r\n").hear().status == 200
    line = marbre.wait_for(lambda: re.search(rf'^{{.*"{name}".*}}$', server.log_text(), re.M), "the log")
    return json.loads(line.group(0))["peer"]


def test_a_trusted_proxy_says_who_the_client_is_and_nobody_else_does(narrow):
    spoofed = b"X-Forwarded-For: 6.6.6.6"
    assert logged_peer(narrow, "127.0.0.7", spoofed) == "127.0.0.7"
    assert logged_peer(narrow, "127.0.0.9", spoofed + b", 198.51.100.3, 192.0.2.1") == "198.51.100.3"
    assert logged_peer(narrow, "127.0.0.9", b'Forwarded: for="[2001:db8::3]:80";proto=https') == "2001:db8::3"
    assert logged_peer(narrow, "127.0.0.9", spoofed + b", who knows, 192.0.2.1") == "192.0.2.1"
    assert logged_peer(narrow, "127.0.0.9") == "127.0.0.9"


@pytest.mark.parametrize("wrong", ["proxy.example", "10.0.0.0/33", "10.0.0.1,", "::1/200"])
def test_a_proxy_that_is_no_address_stops_the_start(server, wrong):
    done = marbre.run("serve", MARBRE_DATABASE_URL=server.database_url(), MARBRE_LISTEN=f"127.0.0.1:{marbre.free_port()}",
                      MARBRE_JWT_KEYS_FILE=str(server.folder / "secrets/jwt_keys"), MARBRE_TRUSTED_PROXIES=wrong)
    complaints = [line for line in done.stderr.splitlines() if line.startswith("marbre: ")]
    assert done.returncode == 1 and len(complaints) == 1 and wrong in complaints[0], done.stderr


# -------------------------------------------------------------------------------------------------- requests of others

@pytest.fixture(scope="module")
def requests_of_others(corpus):
    with tarfile.open(corpus("h2o-http1-corpus.tgz")) as archive:
        found = {member.name: archive.extractfile(member).read() for member in archive
                 if member.isfile() and member.name.startswith("fuzz/http1-corpus/")}
    return [found[name] for name in sorted(found)]


def answers(server, *pieces):
    """What the server says to these bytes, without what differs from one time to the next."""
    told = []
    with Wire(server) as wire:
        for reply in wire.say(*pieces, pause=0.005 if len(pieces) > 1 else 0).hear_all():
            fields = {name: value for name, value in reply.fields.items() if name not in ("date", "x-request-id")}
            told.append((reply.status, fields, re.sub(rb'"instance":"[^"]*"', b"", reply.body)))
    return told


def test_two_thousand_strange_requests_are_answered_well(server, requests_of_others):
    assert len(requests_of_others) == 1972
    statuses = {}
    for sent in requests_of_others:
        for status, _, _ in answers(server, sent):
            statuses[status] = statuses.get(status, 0) + 1
    print(dict(sorted(statuses.items())))
    assert server.process.poll() is None and not statuses.keys() & {500, 502}
    assert answers(server, GET + b"\r\n")[0][0] == 200


def test_strange_requests_are_answered_the_same_in_two_pieces(server, requests_of_others):
    for i, sent in enumerate(requests_of_others[::60]):
        whole = answers(server, sent)
        for at in {1, len(sent) // 2, len(sent) - 1, (i * 37) % max(len(sent), 1)}:
            assert answers(server, sent[:at], sent[at:]) == whole, (sent, at)


# --------------------------------------------------------------------------------------------- those who never finish

def test_a_request_that_does_not_arrive_in_time_is_told_so(server, slow_heads):
    began, wires = slow_heads
    for wire in wires:
        reply = wire.hear()
        assert reply.status == 408 and reply.closes and reply.problem(server)["type"] == "/problems/timeout"
        wire.ends()
        assert 9 < time.monotonic() - began


def test_a_path_that_leaves_folders_is_told_so(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(b"GET /v1/../x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        said = b"".join(iter(lambda: client.recv(65536), b""))
    assert said.startswith(b"HTTP/1.1 400 ") and "a path has no segments . and .. here" in said.decode()
