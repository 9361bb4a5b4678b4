"""What ops look at: the numbers of /metrics as Prometheus reads them, and /readyz that says what is wrong."""
import collections
import re
import shutil
import signal
import subprocess
import threading

import pytest
import requests

import marbre

LINE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-z_]+="[^"\\\n]*",?)*)\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?)')
LABEL = re.compile(r'([a-z_]+)="([^"]*)"')


def scrape(server):
    reply = requests.get(server.admin_url + "/metrics", timeout=10)
    assert reply.status_code == 200 and reply.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert reply.text.endswith("\n")
    return reply.text


def family(name):
    """The metric that a series belongs to."""
    return re.sub(r"_(bucket|sum|count)$", "", name) if name.endswith(("_bucket", "_sum", "_count")) else name


class Metrics:
    """The text format, read as strictly as Prometheus does: families in one piece, each series once, buckets that grow."""

    def __init__(self, text):
        self.types, self.helps, self.values = {}, {}, {}
        for line in text.splitlines():
            if line.startswith("# "):
                _, word, name, rest = line.split(" ", 3)
                facts = {"HELP": self.helps, "TYPE": self.types}[word]
                assert name not in facts, f"{name} comes in two pieces"
                facts[name], last = rest, name
                continue
            match = LINE.fullmatch(line)
            assert match, f"no line of metrics: {line}"
            name, labels = match[1], tuple(sorted(LABEL.findall(match[2] or "")))
            assert family(name) == last and last in self.types and last in self.helps, f"{name} does not stand under its head"
            assert (name, labels) not in self.values, f"{name} {labels} comes twice"
            self.values[name, labels] = float(match[3])
        for name, kind in self.types.items():
            assert (kind == "counter") == name.endswith("_total"), f"{name} is called like no {kind}"
            if kind == "histogram":
                self.check_histogram(name)

    def check_histogram(self, name):
        buckets = collections.defaultdict(list)
        for (series, labels), value in self.values.items():
            if series == name + "_bucket":
                labels = dict(labels)
                bound = float(labels.pop("le"))
                buckets[tuple(sorted(labels.items()))].append((bound, value))
        for labels, row in buckets.items():
            assert row == sorted(row) and row[-1][0] == float("inf") and [v for _, v in row] == sorted(v for _, v in row)
            assert row[-1][1] == self.values[name + "_count", labels]
            assert (name + "_sum", labels) in self.values

    def get(self, name, **labels):
        return self.values.get((name, tuple(sorted(labels.items()))), 0)

    def series(self, name):
        return [dict(labels) for series, labels in self.values if series == name]


def metrics(server):
    return Metrics(scrape(server))


@pytest.fixture(scope="module")
def house(scratch):
    """A server whose database is maltreated, and whose numbers nobody else makes."""
    server = marbre.Server.dev(scratch / "metrics", "--empty")
    yield server
    server.stop()


def counted(server, name, **labels):
    """Waits until it is so many: a request is counted after its reply is written."""
    return lambda value: marbre.wait_for(lambda: metrics(server).get(name, **labels) == value, f"{name} {labels} to be {value}")


# ---- the numbers

def test_requests_are_counted_by_operation_and_status_over_all_workers(house):
    for _ in range(40):  # each on a connection of its own, so that both workers get some
        requests.get(house.url + "/v1/tags", timeout=10)
    requests.get(house.url + "/v1/tags/nulle-part", timeout=10)
    requests.get(house.url + "/nowhere", timeout=10)
    counted(house, "marbre_http_requests_total", operation="list_tags", status="200")(40)
    counted(house, "marbre_http_requests_total", operation="read_tag", status="404")(1)
    counted(house, "marbre_http_requests_total", operation="none", status="404")(1)
    counted(house, "marbre_http_request_duration_seconds_count", operation="list_tags")(40)
    now = metrics(house)
    assert 0 < now.get("marbre_http_request_duration_seconds_sum", operation="list_tags") < 40 * 10
    assert now.get("marbre_http_connections_accepted_total") >= 42


def test_what_a_client_makes_up_makes_no_series(house):
    before = len(metrics(house).values)
    for number in range(30):
        requests.request(f"X{number}", house.url + f"/made/up-{number}?x={number}", timeout=10, headers={"Host": f"h{number}"})
    counted(house, "marbre_http_requests_total", operation="none", status="501")(30)
    now = metrics(house)
    assert len(now.values) <= before + 1 + 15, "one status of no operation, and its durations"
    operations = {item["operationId"] for path in house.contract.spec["paths"].values() for item in path.values()}
    assert {series["operation"] for series in now.series("marbre_http_requests_total")} <= operations | {"none"}


def test_the_database_is_measured_by_lane(house):
    before = metrics(house)
    marbre.Client(house, "editor").make("tags", name="Mesuré", kind="topic")
    house.client().get("/v1/tags", 200)
    now = metrics(house)
    for connection_class in ("list", "write"):
        for name in ("marbre_database_statement_seconds_count", "marbre_database_wait_seconds_count"):
            assert now.get(name, connection_class=connection_class) > before.get(name, connection_class=connection_class), (name, connection_class)
        assert now.get("marbre_database_calls_total", connection_class=connection_class, outcome="done") > \
            before.get("marbre_database_calls_total", connection_class=connection_class, outcome="done")
    for connection_class, most in (("read", 4), ("list", 4), ("write", 8)):
        counted(house, "marbre_database_connections", connection_class=connection_class)(most)


def test_a_call_that_waits_for_a_connection_is_seen_to_wait(house):
    editor = marbre.Client(house, "editor")
    article = editor.make_article(title="Attendu")
    holder = house.sql_session()
    holder.send(f"begin; select 1 from articles where id = '{article['id']}' for update;")
    saves = [threading.Thread(target=marbre.Client(house, "editor").patch,
                              args=(f"/v1/desk/articles/{article['id']}", {"kicker": str(n)}, "*")) for n in range(16)]
    for save in saves:
        save.start()
    marbre.wait_for(lambda: metrics(house).get("marbre_database_waiting", connection_class="write") > 0, "a save to wait")
    assert metrics(house).get("marbre_http_connections") >= 16
    holder.send("rollback;")
    holder.close()
    for save in saves:
        save.join()
    marbre.wait_for(lambda: metrics(house).get("marbre_database_waiting", connection_class="write") == 0, "nobody to wait")


def test_the_process_tells_of_itself(house):
    now = metrics(house)
    [build] = now.series("marbre_build_info")
    assert build["version"] == house.contract.spec["info"]["version"]
    assert re.fullmatch(r"\d{4}_\w+", build["migration"])
    assert build["definitions"] == house.sql("select name from definition_sets")
    for name in ("process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds"):
        assert now.get(name) > 0, name
    assert now.get("process_open_fds") < now.get("process_max_fds")
    assert now.get("marbre_ready") == 1 and now.get("marbre_draining") == 0 and now.get("marbre_log_lines_dropped_total") == 0


def test_jobs_are_counted(house):
    server = house.serve_beside(MARBRE_JOBS_SECONDS="1")
    try:
        jobs = {series["job"] for series in metrics(server).series("marbre_job_runs_total")}
        assert jobs == {series["job"] for series in metrics(server).series("marbre_job_erased_total")} != set()
        house.sql("delete from jobs")  # so that each is due, and one of the two servers is at it
        marbre.wait_for(lambda: all(metrics(house).get("marbre_job_runs_total", job=job, outcome="done")
                                    + metrics(server).get("marbre_job_runs_total", job=job, outcome="done") > 0 for job in jobs),
                        "each job to be done once")
    finally:
        server.stop()


def test_promtool_accepts_it(house):
    promtool = shutil.which("promtool")
    if not promtool:
        pytest.skip("there is no promtool here; it is in Debian's package prometheus")
    done = subprocess.run([promtool, "check", "metrics"], input=scrape(house), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and not done.stdout + done.stderr, done.stdout + done.stderr


def test_the_admin_address_has_three_pages_and_readers_get_none_of_them(house):
    reply = requests.get(house.admin_url + "/", timeout=10)
    assert reply.status_code == 404 and reply.json()["paths"] == ["/livez", "/readyz", "/metrics"]
    for path in reply.json()["paths"]:
        assert requests.get(house.url + path, timeout=10).status_code == 404


# ---- readyz

def readyz(server):
    reply = requests.get(server.admin_url + "/readyz", timeout=10)
    said = reply.json()
    assert (reply.status_code == 200) == (said["status"] == "ready")
    return {name for name in ("database", "migrations", "listener") if not said[name]} | ({"draining"} if said["draining"] else set())


def test_a_server_that_is_ready_says_of_nothing_that_it_is_wrong(house):
    assert readyz(house) == set()


def test_a_database_that_is_gone_is_named_and_the_process_lives(house):
    server = house.serve_beside()
    try:
        house.sql("alter role marbre_server connection limit 0")
        house.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'marbre_server'")
        marbre.wait_for(lambda: readyz(server) == {"database"}, "readyz to name the database")
        assert requests.get(server.admin_url + "/livez", timeout=10).status_code == 200
        assert metrics(server).get("marbre_ready") == 0
        done = marbre.run("healthcheck", MARBRE_ADMIN_LISTEN=server.admin_url.removeprefix("http://"))
        assert '"database":false' in marbre.complaint(done)
    finally:
        house.sql("alter role marbre_server connection limit -1")
    marbre.wait_for(lambda: readyz(server) == set(), "readyz to turn back")
    assert server.stop() == 0


def test_migrations_that_go_missing_beneath_a_server_are_named(house):
    house.sql("create table kept as select * from migrations order by name desc limit 1;"
              " delete from migrations where name in (select name from kept)")
    marbre.wait_for(lambda: readyz(house) == {"migrations"}, "readyz to name the migrations")
    marbre.wait_for(lambda: "lacks migrations" in house.log_text(), "the log to say so")
    house.sql("insert into migrations select * from kept; drop table kept")
    marbre.wait_for(lambda: readyz(house) == set(), "readyz to turn back")


def test_definitions_that_go_missing_beneath_a_server_are_named(house):
    """What is restored beneath it may be of a release before."""
    house.sql("update definition_sets set retired_at = clock_timestamp()")
    marbre.wait_for(lambda: readyz(house) == {"migrations"}, "readyz to name the migrations")
    house.sql("update definition_sets set retired_at = null")
    marbre.wait_for(lambda: readyz(house) == set(), "readyz to turn back")


def test_a_database_that_an_upgrade_has_migrated_further_is_served_on(house):
    """The old servers go on until the new ones have taken over."""
    server = house.serve_beside()
    house.sql("insert into migrations (name, sha256) values ('9999_later.sql', '')")
    try:
        before = metrics(server).get("marbre_database_calls_total", connection_class="read", outcome="done")
        marbre.wait_for(lambda: metrics(server).get("marbre_database_calls_total", connection_class="read", outcome="done") >= before + 2,
                        "the migrations to be asked for twice")
        assert readyz(server) == set()
    finally:
        house.sql("delete from migrations where name = '9999_later.sql'")
        server.stop()


def test_a_server_that_drains_says_so_first_and_then_that_it_takes_no_more(house):
    server = house.serve_beside(MARBRE_DRAIN_SECONDS="1")
    editor = marbre.Client(server, "editor")
    article = editor.make_article(title="Fin")
    holder = house.sql_session()
    holder.send(f"begin; select 1 from articles where id = '{article['id']}' for update;")
    replies = []
    save = threading.Thread(target=lambda: replies.append(
        editor.patch(f"/v1/desk/articles/{article['id']}", {"title": "Sauvé"}, 1)))
    save.start()
    marbre.wait_for(lambda: house.sql("select count(*) from pg_stat_activity where wait_event_type = 'Lock'") == "1",
                    "the save to wait")
    server.process.send_signal(signal.SIGTERM)
    marbre.wait_for(lambda: "draining" in readyz(server), "readyz to turn")
    assert "listener" not in readyz(server) and requests.get(server.url + "/v1/tags", timeout=10).status_code == 200
    assert metrics(server).get("marbre_draining") == 1
    marbre.wait_for(lambda: readyz(server) == {"draining", "listener"}, "the listener to close")
    holder.send("rollback;")
    holder.close()
    save.join()
    assert replies[0].status_code in (200, 503), "it is answered; and a lock is waited for three seconds, no longer"
    assert server.process.wait(timeout=60) == 0
    server.log.close()
