"""The database goes away, comes back, is slow, is stopped in the middle: nothing hangs, nothing acknowledged is lost, and
nobody is told a fairy tale."""
import concurrent.futures
import contextlib
import os
import re
import signal
import socket
import threading
import time

import pytest
import requests

import marbre


@pytest.fixture(scope="module")
def house(scratch):
    """A server of this module's own, since its database is maltreated."""
    server = marbre.Server.dev(scratch / "db", "--empty")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def desk(house):
    return marbre.Client(house, "editor")


def end(house, which="true"):
    """Ends connections of the server, and says how many there were."""
    return int(house.sql("select count(pg_terminate_backend(pid)) from pg_stat_activity"
                         f" where usename = 'marbre_server' and {which}"))


def connections(house):
    """How many are made: whoever locks a table holds up those that are not, since they have statements read that name it."""
    text = requests.get(house.admin_url + "/metrics", timeout=10).text
    told = re.findall(r'^marbre_database_connections{connection_class="(read|list|write)"} (\d+)', text, re.M)
    return {name: int(count) for name, count in told}


def test_connections_that_are_ended_come_back_and_readers_hardly_notice(house, desk):
    desk.make("tags", name="Avant", kind="topic")
    for _ in range(5):
        assert end(house) > 0
        marbre.wait_for(lambda: house.client().get("/v1/tags").status_code == 200, "readers to be served again", 10)
    marbre.wait_for(house.is_ready, "readyz to turn", 10)
    desk.make("tags", name="Après", kind="topic")


def test_a_read_under_way_when_its_connection_ends_is_tried_again_on_another(house):
    """It is under way for certain: it waits for a table that somebody has locked."""
    waits = "wait_event_type = 'Lock' and query like '%list_sections%'"
    pid_waiting = f"select pid from pg_stat_activity where {waits}"
    house.client().get("/v1/sections", 200)
    for _ in range(3):
        marbre.wait_for(lambda: connections(house) == {"read": 4, "list": 4, "write": 8}, "all connections to be made")
        holder = house.sql_session()
        holder.send("begin; lock table sections in access exclusive mode;")
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            reading = pool.submit(house.client().get, "/v1/sections", 200)
            first = marbre.wait_for(lambda: house.sql(pid_waiting), "the read to wait")
            assert end(house, waits) == 1
            marbre.wait_for(lambda: house.sql(pid_waiting) not in ("", first), "it to wait on another connection")
            holder.send("rollback;")
            reading.result(timeout=30)
        holder.close()


def test_a_save_that_waits_for_a_lock_holds_up_nobody_else_and_is_refused_in_time(house, desk):
    article = desk.make_article(title="Verrouillé")
    other = desk.make_article(title="Libre")
    holder = house.sql_session()
    holder.send(f"begin; select 1 from articles where id = '{article['id']}' for update;")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: marbre.Client(house, "chief").patch(
            f"/v1/desk/articles/{article['id']}", {"title": "Trop tard"}, 1))
        desk.save(other, title="Aussitôt")
        house.client().get("/v1/sections", 200)
        reply = waiting.result(timeout=30)
    assert reply.status_code == 503 and reply.headers["Retry-After"], "a lock is waited for three seconds, no longer"
    holder.send("rollback;")
    holder.close()
    assert desk.get(f"/v1/desk/articles/{article['id']}", 200).json()["title"] == "Verrouillé"


def send(server, token, method, path, body):
    return requests.request(method, f"{server.url}/v1/desk/{path}", json=body, timeout=60, headers={
        "Authorization": token, "If-Match": "*",
        "Content-Type": "application/json" if method == "POST" else "application/merge-patch+json"}).status_code


def sixteen(desk, what):
    """Sixteen writes, and what somebody does who has the lock that they wait for."""
    if what in ("one article", "one article, spelled in many ways"):
        one = desk.make_article(title="Très demandé")["id"]
        spelled = [one if what == "one article" or not n else f"{one[:n * 2]}{one[n * 2:].upper()}" for n in range(16)]
        return [("PATCH", f"articles/{id}", {"title": f"Trop demandé {n}"}) for n, id in enumerate(spelled)], \
            f"select 1 from articles where id = '{one}' for update;"
    if what == "sixteen articles":
        ids = [desk.make_article(title=f"Très demandé {n}")["id"] for n in range(16)]
        return [("PATCH", f"articles/{id}", {"title": f"Trop demandé {n}"}) for n, id in enumerate(ids)], \
            f"select 1 from articles where id in ({', '.join(map(repr, ids))}) for update;"
    one = desk.make("tags", name=f"Verrou {what}", kind="topic")
    if what == "a collection that all add to":
        writes = [("POST", "tags", {"name": f"Ajout {n}", "kind": "topic"}) for n in range(16)]
    else:
        tags = [desk.make("tags", name=f"Retouche {n}", kind="topic")["id"] for n in range(16)]
        writes = [("PATCH", f"tags/{id}", {"name": f"Retouchée {n}"}) for n, id in enumerate(tags)]
    return writes, f"update tags set name = name || ' x' where id = '{one['id']}';"


@pytest.mark.parametrize("what", ["one article", "one article, spelled in many ways", "sixteen articles",
                                  "a collection that all add to", "sixteen tags of a collection"])
def test_sixteen_who_wait_for_locks_leave_room_for_logins_and_for_others_who_write(house, desk, what):
    """Half of a worker's connections for writing may wait for locks, whatever these are of; who logs in need not wait for
    any of them."""
    server = house.serve_beside(MARBRE_WRITE_CONNECTIONS="4", MARBRE_RATE_LOGIN="0", MARBRE_RATE_DESK="0")
    writes, takes_the_lock = sixteen(desk, what)
    others = [desk.make_article(title=f"Tranquille {n}")["id"] for n in range(3)]
    token = marbre.Client(server, "chief").session.headers["Authorization"]

    def log_in(n):
        who = ["editor", "chief", "sales"][n % 3] + "@marbre.test"
        return requests.post(f"{server.url}/v1/auth/login", timeout=60,
                             json={"email": who, "password": marbre.PASSWORD}).status_code

    def held():
        return int(house.sql("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"))

    holder = house.sql_session()
    holder.send(f"begin; {takes_the_lock}")
    try:
        with concurrent.futures.ThreadPoolExecutor(24) as pool:
            waiting = [pool.submit(send, server, token, *write) for write in writes]
            marbre.wait_for(lambda: held() >= 2, "saves to wait for the lock, and others behind them for a connection", 10)
            if what.startswith("one article"):
                assert {held() for _ in range(8)} == {2}, "who waits for one thing has no more than half"
            asked = [pool.submit(log_in, n) for n in range(8)]
            asked += [pool.submit(send, server, token, "PATCH", f"articles/{others[n % 3]}", {"title": f"Tranquille {n}"})
                      for n in range(24)]
            assert {one.result() for one in asked} == {200}, "who waits for longer than two seconds is told 503"
            holder.send("rollback;")
            assert {one.result() for one in waiting} <= {200, 201, 503}
    finally:
        holder.close()
        assert server.stop() == 0


def test_a_save_that_meets_a_lock_for_a_while_is_done_all_the_same(house, desk):
    """Be it on a connection that gives up in a moment: it is sent again on one that waits."""
    server = house.serve_beside(MARBRE_WRITE_CONNECTIONS="4", MARBRE_RATE_DESK="0")
    ids = [desk.make_article(title=f"Retardé {n}")["id"] for n in range(4)]
    token = marbre.Client(server, "chief").session.headers["Authorization"]
    holder = house.sql_session()
    holder.send(f"begin; select 1 from articles where id in ({', '.join(map(repr, ids))}) for update;")
    try:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            saves = [pool.submit(send, server, token, "PATCH", f"articles/{id}", {"title": "Enfin"}) for id in ids]
            time.sleep(0.7)
            assert not any(save.done() for save in saves)
            holder.send("rollback;")
            assert [save.result() for save in saves] == [200] * 4
    finally:
        holder.close()
        assert server.stop() == 0
    assert {desk.get(f"/v1/desk/articles/{id}", 200).json()["version"] for id in ids} == {2}, "each once"


def test_a_write_whose_connection_ends_is_said_to_be_unknown_and_a_refusal_is_never_made_up(house, desk):
    article = desk.make_article(title="Coupé")
    holder = house.sql_session()
    holder.send(f"begin; select 1 from articles where id = '{article['id']}' for update;")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: desk.patch(f"/v1/desk/articles/{article['id']}", {"title": "Perdu ?"}, 1))
        marbre.wait_for(lambda: house.sql("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                                          " and usename = 'marbre_server'") == "1", "the save to wait")
        house.sql("select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock'"
                  " and usename = 'marbre_server'")
        reply = waiting.result(timeout=30)
    # PostgreSQL says itself that it was ended, in which case nothing was changed; a dead line leaves it open.
    assert reply.status_code == 503 and reply.json()["type"] in ("/problems/unavailable", "/problems/outcome-unknown")
    holder.send("rollback;")
    holder.close()
    assert desk.get(f"/v1/desk/articles/{article['id']}", 200).json()["version"] == 1


def test_without_a_database_everybody_is_told_at_once_and_readyz_says_what_is_wrong(scratch):
    """PostgreSQL is frozen and killed under `marbre serve`, which goes on and recovers when it is back."""
    base = marbre.Server.dev(scratch / "away", "--empty")
    server = base.serve_beside()
    try:
        editor = marbre.Client(server, "editor")
        editor.make("tags", name="Gardé", kind="topic")
        base.stop(signal.SIGKILL)
        marbre.wait_for(lambda: not server.is_ready(), "readyz to turn", 10)
        began = time.monotonic()
        reply = server.client().get("/v1/tags")
        assert reply.status_code == 503 and reply.headers["Retry-After"]
        assert editor.post("/v1/desk/tags", {"name": "Refusé", "kind": "topic"}).status_code == 503
        assert time.monotonic() - began < 15, "nobody waits for a database that is away"
        assert '"database":false' in server.ready_text()
        base.start()
        marbre.wait_for(server.is_ready, "the database to be found again", 20)
        assert [tag["name"] for tag in server.client().get("/v1/tags", 200).json()["data"]] == ["Gardé"]
    finally:
        server.stop()
        base.stop()


def test_nothing_acknowledged_is_lost_when_the_machine_of_the_database_dies(scratch):
    server = marbre.Server.dev(scratch / "crash", "--empty")
    acknowledged = []
    try:
        editor = marbre.Client(server, "editor")
        stop = threading.Event()

        def write():
            while not stop.is_set():
                try:
                    reply = editor.post("/v1/desk/tags", {"name": f"Mot {len(acknowledged)}", "kind": "topic"})
                except OSError:
                    return
                if reply.status_code == 201:
                    acknowledged.append(reply.json()["slug"])

        writer = threading.Thread(target=write)
        writer.start()
        marbre.wait_for(lambda: len(acknowledged) > 20, "some writes")
        os.kill(server.postmaster(), signal.SIGKILL)
        stop.set()
        writer.join()
        server.process.wait(timeout=60)
        server.start()
        for slug in acknowledged:
            server.client().get(f"/v1/tags/{slug}", 200)
    finally:
        server.stop()


def test_a_write_with_a_key_whose_connection_ends_is_tried_again_and_done_once(house, desk):
    article = desk.make_article(title="Coupé mais tenu")
    holder = house.sql_session()
    holder.send(f"begin; select 1 from articles where id = '{article['id']}' for update;")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: desk.post(f"/v1/desk/articles/{article['id']}/publish", {},
                                                headers={"If-Match": '"v1"', "Idempotency-Key": "tenu-quand-meme"}))
        marbre.wait_for(lambda: house.sql("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                                          " and usename = 'marbre_server'") == "1", "the act to wait")
        house.sql("select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock'"
                  " and usename = 'marbre_server'")
        holder.send("rollback;")
        reply = waiting.result(timeout=30)
    holder.close()
    assert reply.status_code == 200 and reply.json()["version"] == 4, "nobody had to ask again"
    assert house.sql(f"select count(*) from audit where thing = '{article['id']}' and operation = 'publish_article'") == "1"


def test_what_refers_to_a_thing_is_found_by_an_index_before_the_thing_goes(server):
    """A foreign key without one reads its whole table at each delete. Accounts are never deleted."""
    unindexed = server.sql("""
        select conrelid::regclass || ' refers to ' || confrelid::regclass
          from pg_constraint c
         where contype = 'f' and connamespace = 'marbre'::regnamespace and confrelid <> 'accounts'::regclass
           and not exists (select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = any (c.conkey) and indpred is null)""")
    assert unindexed == ""


class SlowLine:
    """A way to PostgreSQL on which, once it is `slow`, the answer to all that is prepared comes in crumbs, as of a database
    that is busy with many at once: the first so slowly that it takes longer than a connection may that does not get on, the
    others so that one would meet another if they were not asked for one by one."""

    CRUMBS, PAUSE_S, NEXT_PAUSE_S = 16, 0.4, 0.04

    def __init__(self, socket_path):
        self.socket_path, self.slow = socket_path, False
        self.lock, self.preparing, self.most_at_once, self.prepared = threading.Lock(), 0, 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                database = socket.socket(socket.AF_UNIX)
                database.connect(self.socket_path)
                for way in ((client, database, self.whole), (database, client, self.in_crumbs)):
                    threading.Thread(target=self.forward, args=way, daemon=True).start()

    def forward(self, source, target, send):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                send(target, data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    def whole(self, target, data):
        target.sendall(data)

    def in_crumbs(self, target, data):
        if not self.slow or data.count(b"1\0\0\0\4") < 20:  # ParseComplete
            target.sendall(data)
            return
        with self.lock:
            self.preparing += 1
            self.most_at_once = max(self.most_at_once, self.preparing)
            pause = self.NEXT_PAUSE_S if self.prepared else self.PAUSE_S
        size = len(data) // self.CRUMBS + 1
        try:
            for start in range(0, len(data), size):
                time.sleep(pause)
                target.sendall(data[start:start + size])
        finally:
            with self.lock:
                self.preparing -= 1
                self.prepared += 1


def test_a_database_that_is_slow_to_come_back_is_not_asked_by_all_at_once_and_not_given_up_while_it_gets_on(house):
    """To begin anew with a connection that gets on would keep a busy database busy for ever."""
    line = SlowLine(str(house.socket_folder / ".s.PGSQL.5432"))
    server = house.serve_beside(
        MARBRE_DATABASE_URL=f"postgresql://marbre_server@127.0.0.1:{line.port}/marbre?sslmode=disable&gssencmode=disable",
        MARBRE_WORKERS="1", MARBRE_READ_CONNECTIONS="1", MARBRE_WRITE_CONNECTIONS="2")
    try:
        line.slow = True
        house.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'marbre_server'")
        marbre.wait_for(lambda: not server.is_ready(), "the connections to be lost")
        marbre.wait_for(server.is_ready, "the connections to be made", 120)
        marbre.wait_for(lambda: line.prepared >= 3, "a connection of each class", 120)
        assert line.most_at_once == 1
    finally:
        line.listener.close()
        server.stop()
