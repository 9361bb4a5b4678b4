"""A roll: servers of this release and of the next one, whose functions have other arguments and results, on one database.
The next one is made by lib/next_release.py."""
import collections
import contextlib
import os
import pathlib
import re
import threading

import pytest
import requests

import marbre

READERS, WRITERS = 2, 2
UNBOUNDED = {"MARBRE_RATE_READ": "0", "MARBRE_RATE_DESK": "0", "MARBRE_RATE_LOGIN": "0"}


@pytest.fixture(scope="module")
def next_release():
    path = pathlib.Path(os.environ.get("MARBRE_NEXT") or pathlib.Path(marbre.binary()).with_name("marbre_next"))
    if not path.exists():
        pytest.skip(f"there is no {path}")
    return str(path)


@pytest.fixture(scope="module")
def house(scratch):
    house = marbre.Server.dev(scratch / "roll", "--empty")
    yield house
    assert house.stop() == 0


class Load:
    """Readers and writers who ask whichever servers there are, in turn, and note what is not answered as it should be."""

    def __init__(self, house):
        self.house, self.servers, self.over, self.lock = house, [], threading.Event(), threading.Lock()
        self.counts, self.failed = collections.Counter(), []
        self.asked = collections.Counter()  # under way, by port
        self.editors = [marbre.Client(house, "editor") for _ in range(WRITERS)]
        self.published = house.client("editor").make_article(title="Lu", sections=["une"])
        house.client("editor").act(self.published, "publish")

    def ask(self, session, number, method, path, expect, **arguments):
        """Each server has the answer that the contract promises, or it counts as failed."""
        with self.lock:
            server = self.servers[number % len(self.servers)]
            self.counts[server.port] += 1
            self.asked[server.port] += 1
        try:
            reply = session.request(method, server.url + path, timeout=30, **arguments)
            if reply.status_code != expect:
                self.failed.append(f"{method} {path}: {reply.status_code} {reply.text[:300]}")
            else:
                self.house.contract.check(reply)
                return reply.json()
        except Exception as error:  # whatever it is, this request is lost
            self.failed.append(f"{method} {path}: {error!r:.300}")
        finally:
            with self.lock:
                self.asked[server.port] -= 1
        return None

    def read(self):
        session, number = requests.Session(), 0
        while not self.over.wait(0.005):
            for path in ("/v1/articles?limit=5", "/v1/sections", f"/v1/articles/{self.published['slug']}?body=html"):
                number += 1
                self.ask(session, number, "GET", path, 200)

    def write(self, editor):
        session, number = requests.Session(), 0
        session.headers["Authorization"] = editor.session.headers["Authorization"]
        while not self.over.wait(0.005):
            number += 1
            article = self.ask(session, number, "POST", "/v1/desk/articles", 201, json={"title": "Écrit", "sections": ["une"]})
            for verb in ("", "publish", "unpublish"):
                number += 1
                if article:
                    path, match = f"/v1/desk/articles/{article['id']}", {"If-Match": f'"v{article["version"]}"'}
                    if verb:
                        article = self.ask(session, number, "POST", f"{path}/{verb}", 200, json={}, headers=match)
                    else:
                        article = self.ask(session, number, "PATCH", path, 200, data='{"kicker": "Vu"}',
                                           headers={**match, "Content-Type": "application/merge-patch+json"})
            self.ask(session, number, "GET", "/v1/desk/articles?limit=3", 200)

    @contextlib.contextmanager
    def running(self):
        threads = [threading.Thread(target=self.read) for _ in range(READERS)]
        threads += [threading.Thread(target=self.write, args=(editor,)) for editor in self.editors]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.over.set()
            for thread in threads:
                thread.join()

    def serve(self, server):
        with self.lock:
            self.servers.append(server)

    def leave(self, server):
        """Nobody asks it from now on; what was asked is answered."""
        with self.lock:
            self.servers.remove(server)
        marbre.wait_for(lambda: self.asked[server.port] == 0, "the last answers")
        assert server.stop() == 0

    def go_on(self, requests_each):
        """Until each server that there is has answered so many more."""
        enough = {server.port: self.counts[server.port] + requests_each for server in self.servers}
        marbre.wait_for(lambda: all(self.counts[port] >= count for port, count in enough.items()), "the load to go on")


def urls(house):
    return {"MARBRE_DATABASE_URL": house.database_url(), "MARBRE_MIGRATE_DATABASE_URL": house.database_url("marbre_owner")}


def migrate(house, program=None):
    done = marbre.run("migrate", program=program, **urls(house))
    assert done.returncode == 0, done.stderr


def triggers(house):
    """Whether a trigger is there as this release calls it, and as the next one does."""
    names = house.sql("select tgname from pg_trigger where not tgisinternal and tgrelid = 'articles'::regclass").split()
    return "article_next_version" in names, "article_next_version_too" in names


def test_a_roll_to_functions_with_other_arguments_and_results_loses_no_request(house, next_release):
    house.client("chief").make("sections", name="Une")
    load = Load(house)
    load.serve(house.serve_beside(**UNBOUNDED))
    with load.running():
        load.go_on(100)
        migrate(house, next_release)
        assert triggers(house) == (False, True)
        load.go_on(100)  # old servers on a database that is migrated
        again = house.serve_beside(**UNBOUNDED)  # and one that is started again
        load.serve(again)
        load.serve(house.serve_beside(program=next_release, **UNBOUNDED))
        load.go_on(100)  # old and new ones, side by side
        status = marbre.run("migrate", "status", program=next_release, **urls(house)).stdout
        assert re.search(r"^applied  definitions \w+\nin use   definitions \w+$", status, re.M), status
        for old in load.servers[:2]:
            load.leave(old)
        load.go_on(100)
        migrate(house)  # back: this release's own triggers
        assert triggers(house) == (True, False)
        load.serve(house.serve_beside(**UNBOUNDED))
        load.go_on(100)
    for server in load.servers:
        assert server.stop() == 0
    assert not load.failed, f"{len(load.failed)} of {sum(load.counts.values())} failed, such as {load.failed[:3]}"
    sets = house.sql("select name from definition_sets").split()
    assert len(sets) == 2 and len(load.counts) == 4


def test_each_release_is_refused_where_only_the_other_has_migrated(house, next_release):
    only = house.new_database("only")
    assert marbre.run("migrate", program=next_release, **only).returncode == 0
    for program, fine in ((None, False), (next_release, True)):
        done = marbre.run("check", program=program, **only)
        assert fine == (done.returncode == 0)
        if not fine:
            assert marbre.complaint(done) == "the database has not the definitions of this marbre: run `marbre migrate`"
