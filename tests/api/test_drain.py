"""Starting and ending under load: an address has one server, SIGTERM cuts nobody off, SIGHUP changes keys in flight."""
import base64
import os
import signal
import socket
import subprocess
import threading
import time

import pytest

import marbre


@pytest.fixture(scope="module")
def base(scratch):
    server = marbre.Server.dev(scratch / "drain", "--empty")
    yield server
    server.stop()


class Load:
    """Readers that ask until they are stopped or told that the connection ends, and count what went wrong."""

    def __init__(self, server, threads=4):
        self.server, self.cut, self.served, self.refused = server, [], 0, []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.ask) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=30)

    def ask(self):
        connection = None
        while not self.stopping.is_set():
            try:
                connection = connection or self.connect()
            except OSError as error:
                self.refused.append((time.monotonic(), error))
                return
            try:
                connection.sendall(b"GET /v1/sections HTTP/1.1\r\nHost: a\r\n\r\n")
                head, reply = b"", b""
                while b"\r\n\r\n" not in reply:
                    more = connection.recv(65536)
                    if not more:
                        raise ConnectionError("ended in the middle of a reply" if reply else "ended without a reply")
                    reply += more
                head, _, body = reply.partition(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                while len(body) < length:
                    more = connection.recv(65536)
                    if not more:
                        raise ConnectionError("ended in the middle of a body")
                    body += more
            except OSError as error:
                # A request that crossed the end of an idle connection on the wire may be sent again (RFC 9112 §9.3.1).
                if str(error) != "ended without a reply":
                    self.cut.append((time.monotonic(), error))
                connection = None
                continue
            self.served += 1
            if b"connection: close" in head.lower():
                connection.close()
                connection = None

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


def test_sigterm_under_load_cuts_no_request_and_refuses_nobody_before_the_end(base):
    server = base.serve_beside(**marbre.SIDE_BY_SIDE, MARBRE_DRAIN_SECONDS="1")
    load = Load(server)
    marbre.wait_for(lambda: load.served > 50, "some load")
    signalled = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    marbre.wait_for(lambda: '"draining":true' in server.ready_text(), "readyz to turn first")
    before = load.served
    marbre.wait_for(lambda: load.served > before + 20, "readers to be served while it drains")
    assert server.process.wait(timeout=60) == 0
    load.stop()
    assert not load.cut
    assert all(at > signalled + 1 for at, _ in load.refused), "nobody was refused while it still drained"
    server.log.close()


def test_a_request_that_waits_for_the_database_is_answered_before_the_end(base):
    server = base.serve_beside(**marbre.SIDE_BY_SIDE, MARBRE_DRAIN_SECONDS="0")
    editor = marbre.Client(server, "editor")
    article = editor.make_article(title="En cours")
    holder = base.sql_session()
    holder.send(f"begin; select 1 from articles where id = '{article['id']}' for update;")
    replies = []
    save = threading.Thread(target=lambda: replies.append(
        editor.patch(f"/v1/desk/articles/{article['id']}", {"title": "Sauvé"}, 1)))
    save.start()
    marbre.wait_for(lambda: base.sql("select count(*) from pg_stat_activity where wait_event_type = 'Lock'") == "1",
                    "the save to wait")
    server.process.send_signal(signal.SIGTERM)
    marbre.wait_for(lambda: "finishing what has begun" in server.log_text(), "the server to drain")
    holder.send("rollback;")
    holder.close()
    save.join()
    assert replies[0].status_code == 200
    assert server.process.wait(timeout=60) == 0
    server.log.close()


def test_a_second_sigterm_ends_it_at_once(base):
    server = base.serve_beside(**marbre.SIDE_BY_SIDE, MARBRE_DRAIN_SECONDS="600")
    server.process.send_signal(signal.SIGTERM)
    marbre.wait_for(lambda: "finishing what has begun" in server.log_text(), "the server to drain")
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=30) == 0
    server.log.close()


def test_an_address_has_one_server(base):
    done = subprocess.run([marbre.binary(), "serve"], capture_output=True, text=True, timeout=60, env={
        **os.environ, "MARBRE_LISTEN": f"127.0.0.1:{base.port}", "MARBRE_DATABASE_URL": base.database_url(),
        "MARBRE_JWT_KEYS_FILE": str(base.folder / "secrets/jwt_keys")})
    assert done.returncode == 1
    assert f"127.0.0.1:{base.port} cannot be had: something else listens there" in done.stderr
    base.client().get("/v1/sections", 200)


def test_sighup_reads_the_keys_again_and_a_bad_file_changes_nothing(base, scratch):
    def line(kid):
        return f"{kid}:{base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip('=')}\n"

    def hang_up(word):
        seen = server.log_text().count(word)
        server.process.send_signal(signal.SIGHUP)
        marbre.wait_for(lambda: server.log_text().count(word) > seen, word)

    old, new = line("old"), line("new")
    keys = scratch / "rotating-keys"
    keys.write_text(old)
    server = base.serve_beside(MARBRE_JWT_KEYS_FILE=str(keys))
    try:
        before = marbre.Client(server, "editor")
        keys.write_text(new + old)
        hang_up("were read again")
        after = marbre.Client(server, "editor")
        before.get("/v1/auth/me", 200)
        after.get("/v1/auth/me", 200)
        keys.write_text(new)
        hang_up("were read again")
        before.get("/v1/auth/me", 401)
        after.get("/v1/auth/me", 200)
        keys.write_text("new:tooshort\n")
        hang_up("stay as they were")
        after.get("/v1/auth/me", 200)
    finally:
        server.stop()
