"""`marbre dev`: everything in one folder, and what is left of it after every way to end. One newsroom goes through all of it:
a story that ends it leaves it started again."""
import os
import pathlib
import signal
import threading

import pytest
import requests

import marbre


@pytest.fixture(scope="module")
def newsroom(scratch):
    """A plain first start, and what it had."""
    server = marbre.Server.dev(scratch / "newsroom", fresh=True)
    server.public = server.client().get("/v1/articles?limit=100", 200).json()["data"]
    server.all = server.client("chief").get("/v1/desk/articles?limit=100", 200).json()["data"]
    yield server
    assert server.stop(signal.SIGINT) == 0
    assert "AddressSanitizer" not in server.log_text() and "runtime error" not in server.log_text()


@pytest.fixture
def dev(newsroom):
    if newsroom.process.poll() is not None:  # a story before this one failed half way
        newsroom.start()
    return newsroom


def working_folder(process):
    try:
        return os.readlink(process / "cwd")
    except OSError:  # another user's, where even root may not look
        return ""


def of_folder(folder):
    """The processes that work in or on a folder's cluster, by number."""
    found, cluster = [], str(folder / "postgres")
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
        except OSError:  # it has ended meanwhile
            continue
        if cluster.encode() in words or working_folder(process) == cluster:
            found.append(int(process.name))
    return found


def has_ended(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


class Writer:
    """Somebody who writes one draft after the other until the server is gone, and remembers what was acknowledged."""

    def __init__(self, server):
        self.client, self.acknowledged = marbre.Client(server, "contributor"), []
        self.thread = threading.Thread(target=self.write)
        self.thread.start()
        marbre.wait_for(lambda: len(self.acknowledged) > 20, "twenty drafts")

    def write(self):
        while True:
            try:
                reply = self.client.post("/v1/desk/articles", {"title": "Avant la coupure"})
            except requests.RequestException:
                return
            if reply.status_code != 201:
                return
            self.acknowledged.append(reply.json()["id"])

    def finds_everything(self, server):
        self.thread.join(timeout=60)
        assert not self.thread.is_alive() and len(self.acknowledged) > 20
        kept = set(server.sql("select id from articles").split())
        assert set(self.acknowledged) <= kept
        marbre.Client(server, "contributor").get(f"/v1/desk/articles/{self.acknowledged[-1]}", 200)


def test_a_plain_start_has_a_sample_of_which_readers_see_what_is_public(dev):
    published = {article["slug"] for article in dev.all if article["status"] == "published"}
    assert {article["slug"] for article in dev.public} == published - {"le-traite-revise-article-par-article"}, "one is to come"
    assert len(dev.all) > len(dev.public) > 40


def test_what_dev_keeps_is_nobody_elses_to_read(dev):
    modes = {name: (dev.folder / name).stat().st_mode & 0o777 for name in ("secrets", "secrets/jwt_keys", "postgres")}
    assert modes == {"secrets": 0o700, "secrets/jwt_keys": 0o600, "postgres": 0o700}
    assert dev.folder.stat().st_mode & 0o007 == 0


def test_ctrl_c_ends_both_and_the_next_start_finds_everything(dev):
    article, keys = dev.client("editor").make_article(title="Pour demain"), (dev.folder / "secrets/jwt_keys").read_text()
    assert of_folder(dev.folder) and (dev.folder / "postgres/postmaster.pid").exists()
    assert dev.stop(signal.SIGINT) == 0
    assert of_folder(dev.folder) == [] and not (dev.folder / "postgres/postmaster.pid").exists()
    with pytest.raises(requests.ConnectionError):
        requests.get(dev.url, timeout=5)

    dev.start()
    found = dev.client("editor").get(f"/v1/desk/articles/{article['id']}", 200).json()
    assert found == article, "and the session goes on, too"
    assert (dev.folder / "secrets/jwt_keys").read_text() == keys
    public = dev.client().get("/v1/articles?limit=100", 200).json()["data"]
    assert [story["slug"] for story in public] == [story["slug"] for story in dev.public], "the sample is not loaded twice"


def test_after_kill_9_of_marbre_the_next_start_recovers(dev):
    postmaster, writer = dev.postmaster(), Writer(dev)
    assert dev.stop(signal.SIGKILL) == -signal.SIGKILL
    marbre.wait_for(lambda: has_ended(postmaster), "PostgreSQL to end with marbre")
    dev.start()
    writer.finds_everything(dev)


def test_after_kill_9_of_both_the_next_start_recovers(dev):
    postmaster, writer = dev.postmaster(), Writer(dev)
    os.kill(dev.process.pid, signal.SIGSTOP)  # it is not to see its PostgreSQL end
    os.kill(postmaster, signal.SIGKILL)
    dev.stop(signal.SIGKILL)
    dev.start()
    writer.finds_everything(dev)


def test_marbre_ends_with_its_postgresql_and_the_next_start_recovers(dev):
    writer = Writer(dev)
    os.kill(dev.postmaster(), signal.SIGKILL)
    assert dev.process.wait(timeout=30) == 1
    log = dev.log_text()
    assert '"event":"dev.postgres","detail":"PostgreSQL ended by itself' in log
    assert log.splitlines()[-1] == "marbre: PostgreSQL ended by itself; the next start recovers what was written"
    dev.start()
    writer.finds_everything(dev)


def test_a_second_dev_on_the_same_folder_is_refused_and_the_first_goes_on(dev):
    done = marbre.run("dev", "--data", str(dev.folder), "--listen", f"127.0.0.1:{marbre.free_port()}")
    assert marbre.complaint(done) == f"another marbre dev (pid {dev.process.pid}) uses {dev.folder}"
    dev.client().get("/v1/articles", 200)


def test_a_second_dev_on_the_same_port_is_refused_and_leaves_nothing_running(dev, scratch):
    address, other = dev.url.removeprefix("http://"), scratch / "other"
    done = marbre.run("dev", "--empty", "--data", str(other), "--listen", address)
    assert marbre.complaint(done) == f"{address} cannot be had: something else listens there"
    assert of_folder(other) == []
    dev.client().get("/v1/articles", 200)

    empty = marbre.Server.dev(other, "--empty")  # the folder that was begun will do
    counts = " + ".join(f"(select count(*) from {table})" for table in ("articles", "sections", "tags", "authors"))
    assert empty.sql(f"select {counts}") == "0", "nothing but accounts"
    assert empty.sql("select role from accounts order by role").split() == ["admin", "chief", "contributor", "editor", "sales"]
    assert empty.client().get("/v1/articles", 200).json()["data"] == []
    assert empty.stop() == 0


def test_a_folder_that_cannot_be_is_told_in_one_line(scratch):
    (scratch / "file").write_text("")
    for folder in (scratch / "file", scratch / "no/such", pathlib.Path("/proc/marbre")):
        marbre.complaint(marbre.run("dev", "--data", str(folder), "--listen", f"127.0.0.1:{marbre.free_port()}"))
