"""Rate classes: how much one caller may ask in a while, who counts as one, and how they are told."""
import collections
import concurrent.futures
import itertools
import re
import time

import pytest

import marbre

SECTIONS = "/v1/sections"
Told = collections.namedtuple("Told", "name quota window left full")
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def strict(server):
    """Five of each kind a minute: one more comes back only after twelve seconds, which is longer than a story. The tests
    are its proxy, so each story has addresses of its own."""
    strict = server.serve_beside(**marbre.SIDE_BY_SIDE, MARBRE_RATE_READ="5/60", MARBRE_RATE_DESK="5/60", MARBRE_RATE_LOGIN="5/60",
                                 MARBRE_TRUSTED_PROXIES="127.0.0.1")
    yield strict
    assert strict.stop() == 0


@pytest.fixture(scope="module")
def quick(server):
    """Five in two seconds, and nobody is trusted to speak for others."""
    quick = server.serve_beside(MARBRE_RATE_READ="5/2", MARBRE_RATE_DESK="5/2", MARBRE_RATE_LOGIN="0")
    yield quick
    assert quick.stop() == 0


def address():
    return f"198.51.100.{next(numbers)}"


def read(client, peer, path=SECTIONS, method="GET"):
    return client.request(method, path, headers={"X-Forwarded-For": peer})


def log_in(client, peer):
    return client.post("/v1/auth/refresh", {"refresh_token": "A" * 43}, headers={"X-Forwarded-For": peer})


def statuses(ask, times):
    return [ask().status_code for _ in range(times)]


def someone(server, at):
    """An account of this story's own, logged in at another server of the same database."""
    email = f"limited-{next(numbers)}@marbre.test"
    server.make_account(email)
    return marbre.Client(at, email=email)


def fields(reply):
    """The numbers in RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-10)."""
    policy = re.fullmatch(r'"(\w+)";q=(\d+);w=(\d+)', reply.headers["RateLimit-Policy"])
    now = re.fullmatch(r'"(\w+)";r=(\d+);t=(\d+)', reply.headers["RateLimit"])
    assert policy[1] == now[1]
    return Told(policy[1], int(policy[2]), int(policy[3]), int(now[2]), int(now[3]))


# ---- what a caller is told

def test_at_the_desk_each_reply_says_what_is_left(server, strict):
    desk = someone(server, strict)
    told = [fields(desk.get("/v1/auth/me", 200)) for _ in range(5)]
    assert [one.left for one in told] == [4, 3, 2, 1, 0] and {one[:3] for one in told} == {("desk", 5, 60)}
    for one in told:
        assert 12 * (5 - one.left) - 10 <= one.full <= 12 * (5 - one.left), "until all five are there again"


def test_what_caches_may_give_to_others_says_nothing_of_one_caller(strict):
    reply = read(strict.client(), address())
    assert reply.headers["RateLimit-Policy"] == '"read";q=5;w=60' and "RateLimit" not in reply.headers


def test_whoever_asks_too_much_is_told_when_to_come_again(server, strict):
    desk, reader, peer = someone(server, strict), strict.client(), address()
    assert statuses(lambda: desk.get("/v1/auth/me"), 5) == statuses(lambda: read(reader, peer), 5) == [200] * 5
    for name, refused in (("desk", desk.get("/v1/auth/me", 429)), ("read", read(reader, peer))):
        assert refused.status_code == 429 and 1 <= int(refused.headers["Retry-After"]) <= 12
        assert fields(refused)[:4] == (name, 5, 60, 0)
        problem = refused.json()
        assert problem["type"] == "/problems/too-many-requests" and "5 requests in 60 seconds" in problem["detail"]
        assert refused.headers["Cache-Control"] == "no-store"


def test_a_refusal_costs_nothing(server, strict):
    desk = someone(server, strict)
    statuses(lambda: desk.get("/v1/auth/me"), 5)
    refusals = [desk.get("/v1/auth/me", 429) for _ in range(20)]
    waits = [int(refused.headers["Retry-After"]) for refused in refusals]
    assert waits == sorted(waits, reverse=True) and waits[0] <= 12
    assert fields(refusals[-1]).full <= fields(refusals[0]).full <= 60


def test_with_time_it_comes_back(server, quick):
    desk = someone(server, quick)

    def exhaust():
        replies = []
        while not replies or replies[-1].status_code != 429:
            replies.append(desk.get("/v1/auth/me"))
            assert len(replies) < 50
        return replies

    assert len(exhaust()) > 5
    time.sleep(int(exhaust()[-1].headers["Retry-After"]))
    assert fields(desk.get("/v1/auth/me", 200)).left < 4, "not all of it at once"
    time.sleep(2)
    assert fields(desk.get("/v1/auth/me", 200))[3:] == (4, 1), "all of it, and no more"


# ---- who is one caller

def test_accounts_and_programs_have_each_their_own(server, strict):
    one, other = someone(server, strict), someone(server, strict)
    programs = []
    for _ in range(2):
        made = server.client("admin").post("/v1/desk/api-keys", {"name": f"Programme {next(numbers)}", "role": "editor"}, 201)
        secret = next(value for value in made.json().values() if isinstance(value, str) and value.startswith("mbk_"))
        programs.append(marbre.Client(strict))
        programs[-1].session.headers["Authorization"] = f"Bearer {secret}"
    for caller in (one, other, *programs):
        assert statuses(lambda: caller.get("/v1/auth/me"), 6) == [200] * 5 + [429]
    again = marbre.Client(strict, email=one.account["email"])
    again.get("/v1/auth/me", 200)  # a session that was stolen uses up nothing of the others
    one.get("/v1/auth/me", 429, headers={"X-Forwarded-For": address()})


@pytest.mark.parametrize("ask, good", [(read, 200), (log_in, 401)], ids=["readers", "logging in"])
def test_strangers_are_counted_by_address(strict, ask, good):
    for peer in (address(), address(), "203.0.113.1, " + address(), f"[2001:db8:{next(numbers)}::1]:443"):
        assert statuses(lambda: ask(strict.client(), peer), 6) == [good] * 5 + [429], peer


def test_a_network_of_ipv6_is_one_and_an_address_of_ipv4_is_one(strict):
    reader, n = strict.client(), next(numbers)
    network = [f"2001:db8:{n}:5::1", f"2001:db8:{n}:5:ffff:ffff:ffff:ffff", f"2001:DB8:{n}:5:0:0:0:7", f"2001:db8:{n}:5::2",
               f"2001:db8:{n}:5:a::", f"2001:db8:{n}:5:b::"]
    assert [read(reader, peer).status_code for peer in network] == [200] * 5 + [429]
    assert read(reader, f"2001:db8:{n}:6::1").status_code == read(reader, f"2001:db8:{n}:4:ffff::1").status_code == 200

    peer = address()
    assert statuses(lambda: read(reader, peer), 6)[-1] == read(reader, f"::ffff:{peer}").status_code == 429
    assert read(reader, address()).status_code == 200


def test_kinds_are_counted_apart(server, strict):
    reader, desk, peer = strict.client(), someone(server, strict), address()
    assert statuses(lambda: read(reader, peer), 6)[-1] == 429
    assert log_in(reader, peer).status_code == 401
    assert desk.get("/v1/auth/me", 200, headers={"X-Forwarded-For": peer})


def test_a_proxy_that_speaks_for_itself_is_not_counted(strict):
    replies = [strict.client().get(SECTIONS, 200) for _ in range(12)]
    assert not any("RateLimit-Policy" in reply.headers for reply in replies)


def test_nobody_makes_up_another_address(quick):
    reader = quick.client()
    replies = [read(reader, f"192.0.2.{n}") for n in range(60)]
    assert sum(reply.status_code == 429 for reply in replies) > 30
    time.sleep(2.1)
    for name in ("Forwarded", "X-Real-IP", "Client-IP"):
        value = "for=192.0.2.{}" if name == "Forwarded" else "192.0.2.{}"
        replies = [reader.get(SECTIONS, headers={name: value.format(n)}) for n in range(20)]
        assert replies[-1].status_code == 429, name


# ---- API keys that are none

@pytest.fixture(scope="module")
def guarded(server):
    """Five failures in ten minutes, and nothing else is counted."""
    guarded = server.serve_beside(MARBRE_RATE_READ="0", MARBRE_RATE_DESK="0", MARBRE_RATE_LOGIN="5/600",
                                  MARBRE_TRUSTED_PROXIES="127.0.0.1")
    yield guarded
    assert guarded.stop() == 0


def new_keys(server, count):
    made = (server.client("admin").post("/v1/desk/api-keys", {"name": f"Voisin {next(numbers)}", "role": "editor"}, 201).json()
            for _ in range(count))
    return [(one["key"], one["api_key"]["id"]) for one in made]


def ask_with(guarded, key, peer):
    return guarded.client().get("/v1/auth/me", headers={"Authorization": f"Bearer {key}", "X-Forwarded-For": peer})


def test_a_program_with_a_dead_key_is_refused_and_good_keys_beside_it_are_not(server, guarded):
    peer, dead = address(), "mbk_" + "d" * 43
    keys = [key for key, _ in new_keys(server, 8)]
    assert statuses(lambda: ask_with(guarded, dead, peer), 30) == [401] * 6 + [429] * 24, "one guess, and five that it has again"
    refused = ask_with(guarded, dead, peer)
    assert refused.headers["Retry-After"] and "API keys that are none" in refused.json()["detail"]
    assert [ask_with(guarded, key, peer).status_code for key in keys] == [200] * 8, "none of them was ever seen here"
    assert ask_with(guarded, dead, address()).status_code == 401


def test_a_key_that_is_revoked_is_soon_refused_and_its_neighbours_are_not(server, guarded):
    peer, ((key, row), (other, _)) = address(), new_keys(server, 2)
    ask_with(guarded, key, peer).raise_for_status()
    server.client("admin").request("DELETE", f"/v1/desk/api-keys/{row}", 204, headers={"If-Match": "*"})
    assert statuses(lambda: ask_with(guarded, key, peer), 8) == [401] * 5 + [429] * 3
    assert ask_with(guarded, other, peer).status_code == 200


def test_whoever_guesses_different_keys_is_bounded_by_address(server, guarded):
    peer, (good, _) = address(), new_keys(server, 1)[0]
    assert ask_with(guarded, good, peer).status_code == 200
    guesses = [f"mbk_{n:043}" for n in range(40)]
    told = [ask_with(guarded, key, peer).status_code for key in guesses]
    assert told == [401] * 5 + [429] * 35
    began = time.monotonic()
    again = [ask_with(guarded, key, peer).status_code for key in guesses for _ in range(2)]
    assert again.count(401) <= 7 + time.monotonic() - began, "nor are those that have failed a way to go on, but one a second"
    assert ask_with(guarded, good, peer).status_code == 200


def test_a_good_key_that_was_never_seen_gets_in_within_seconds_whatever_its_neighbours_guess(server, guarded):
    peer, (good, _) = address(), new_keys(server, 1)[0]
    for n in range(6):
        ask_with(guarded, f"mbk_{n:043}", peer)
    refused = ask_with(guarded, good, peer)
    assert refused.status_code == 429 and refused.headers["Retry-After"] == "1"

    def guess_and_ask():
        told.extend(ask_with(guarded, f"mbk_{'g' * 38}{next(guesses):05}", peer).status_code for _ in range(10))
        return ask_with(guarded, good, peer).status_code == 200

    told, guesses = [], itertools.count()
    marbre.wait_for(guess_and_ask, "the good key to be looked up", 5)
    assert set(told) == {429}, "a guess that is new is no key that comes again"
    assert statuses(lambda: ask_with(guarded, good, peer), 20) == [200] * 20


def test_guesses_that_come_again_are_looked_up_one_a_second(guarded):
    peer, guesses = address(), [f"mbk_{n:043}" for n in range(1000, 1060)]
    for key in guesses:
        ask_with(guarded, key, peer)
    began, told = time.monotonic(), []
    while time.monotonic() - began < 3:
        told += [ask_with(guarded, key, peer).status_code for key in guesses[5:]]
    assert set(told) == {401, 429}
    took = time.monotonic() - began
    assert told.count(401) <= 1 + took + 5, "each is none from then on, and such fail five times in ten minutes"


# ---- what is counted

@pytest.mark.parametrize("ask", ["reader", "desk"])
def test_of_fifty_at_once_on_all_workers_just_so_many_are_served(server, strict, ask):
    peer = {"X-Forwarded-For": address()}
    desk = someone(server, strict)

    def once(_):
        client = marbre.Client(strict)  # a connection of its own: the kernel gives it to either worker
        if ask == "desk":
            client.session.headers.update(desk.session.headers)
        return client.get("/v1/auth/me" if ask == "desk" else SECTIONS, headers=peer).status_code

    with concurrent.futures.ThreadPoolExecutor(25) as many:
        told = list(many.map(once, range(50)))
    assert told.count(200) == 5 and told.count(429) == 45


def test_head_counts_and_options_does_not(strict):
    reader, peer = strict.client(), address()
    assert statuses(lambda: read(reader, peer, method="OPTIONS"), 10) == [204] * 10
    assert statuses(lambda: read(reader, peer, method="HEAD"), 6) == [200] * 5 + [429]
    assert read(reader, peer, method="OPTIONS").status_code == 204


def test_what_is_refused_for_another_reason_counts_as_well(strict):
    reader, peer = strict.client(), address()
    assert statuses(lambda: read(reader, peer, "/v1/articles/nulle-part"), 2) == [404] * 2
    assert statuses(lambda: read(reader, peer, SECTIONS + "?limit=0"), 2) == [400] * 2
    assert statuses(lambda: read(reader, peer), 2) == [200, 429]


# ---- configuration

def test_nothing_is_counted_where_it_is_switched_off(server, quick):
    replies = [server.client().get(SECTIONS, 200) for _ in range(20)]
    replies += [quick.client().post("/v1/auth/refresh", {"refresh_token": "A" * 43}, 401) for _ in range(10)]
    assert not any("RateLimit-Policy" in reply.headers or "RateLimit" in reply.headers for reply in replies)


@pytest.mark.parametrize("takes, keys, values", [
    ("requests/seconds, such as 600/60, or 0", ["MARBRE_RATE_READ", "MARBRE_RATE_DESK", "MARBRE_RATE_LOGIN"],
     ["5", "many", "5/", "/60", "5/0", "-5/60", "5/-1", "5.5/60", "5/60/2", "5 / 60", "1000001/60", "5/86401", "0x5/60"]),
    ("origins such as https://desk.example, by commas", ["MARBRE_DESK_ORIGINS"],
     ["*", "desk.example", "https://", "https://desk.example/", "https://desk.example/desk", "ftp://desk.example",
      "https://desk.example,*", "https://desk.example,,https://other.example", "https://desk.example?x", "null",
      "https://a b", "https://desk.example https://other.example", "https://Desk.example", "HTTPS://desk.example",
      "https://*.example", "https://desk.example#x", "https://editor@desk.example", "https://désk.example"]),
], ids=["rates", "origins"])
def test_a_value_that_means_nothing_stops_the_start_with_one_line(takes, keys, values):
    pairs = [(keys[n % len(keys)], value) for n, value in enumerate(values)]
    with concurrent.futures.ThreadPoolExecutor(4) as some:
        ended = some.map(lambda pair: marbre.run("serve", **{pair[0]: pair[1]}), pairs)
        for (name, value), done in zip(pairs, ended):
            assert marbre.complaint(done) == f'{name} is "{value}"; it takes {takes}'


@pytest.mark.parametrize("name, value", [("MARBRE_RATE_READ", "1000000/86400"), ("MARBRE_RATE_DESK", "1/1"),
                                         ("MARBRE_RATE_LOGIN", "0/60"), ("MARBRE_DESK_ORIGINS", "https://desk.example"),
                                         ("MARBRE_DESK_ORIGINS", "http://127.0.0.1:3000, https://desk.example:8443"),
                                         ("MARBRE_DESK_ORIGINS", "http://[::1]:3000")])
def test_a_value_that_means_something_is_taken_as_it_stands(name, value):
    done = marbre.run("check", "--config", **{name: value})
    assert done.returncode == 0 and f"{name}={value}    # " in done.stdout
