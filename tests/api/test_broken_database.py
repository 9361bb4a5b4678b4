"""PostgreSQL is there and not in order (SQLSTATE classes 58 and XX): a library was changed beneath it, a page cannot be read.
Or what the statements name is not there: the schema of the set was dropped.
What still works goes on serving, what does not is replaced, and the log and /readyz say what it is."""
import concurrent.futures
import json
import time

import pytest
import requests

import marbre
import postgres


def readyz(server):
    return requests.get(server.admin_url + "/readyz", timeout=10).json()


def metric(server, name, connection_class):
    text = requests.get(server.admin_url + "/metrics", timeout=10).text
    line = next(line for line in text.splitlines() if line.startswith(f'{name}{{connection_class="{connection_class}"}}'))
    return int(line.split()[1])


def all_are_made(server):
    made = {"read": 2, "list": 2, "write": 4}
    marbre.wait_for(lambda: all(metric(server, "marbre_database_connections", name) == count for name, count in made.items()),
                    "all connections to be made")


def log_line(server, reply):
    """What the request's line in the log says."""
    def find():
        lines = [line for line in server.log_text().splitlines() if reply.headers["X-Request-Id"] in line]
        return json.loads(lines[0]) if lines else None
    return marbre.wait_for(find, "the request's line in the log", 10)


# ---- a library is changed, as by the upgrade of PostgreSQL's package

@pytest.fixture(scope="module")
def upgraded(scratch):
    """A server on a PostgreSQL whose libraries can be changed."""
    own = postgres.OwnPostgres(scratch / "pg")
    server = marbre.Server.dev(scratch / "upgraded", "--empty",
                               environment={**own.environment, "MARBRE_WORKERS": "1", "MARBRE_READ_CONNECTIONS": "2"})
    server.own = own
    all_are_made(server)
    yield server
    assert server.stop() == 0


def test_connections_from_before_an_upgrade_go_on_and_newer_ones_take_no_calls(upgraded):
    tag = marbre.Client(upgraded, "editor").make("tags", name="Avant la mise à jour", kind="topic")
    path = f"/v1/tags/{tag['slug']}"
    upgraded.client().get(path, 200)
    upgraded.own.change("plpgsql.so")
    try:
        ended = upgraded.sql("select count(pg_terminate_backend(pid)) from (select pid from pg_stat_activity"
                             " where usename = 'marbre_server' and query like '%read_tag%' limit 1) one")
        assert ended == "1"
        marbre.wait_for(lambda: "plpgsql" in upgraded.log_text(), "a new connection to find that it cannot load PL/pgSQL")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            statuses = list(pool.map(lambda _: requests.get(upgraded.url + path, timeout=20).status_code, range(200)))
        assert statuses == [200] * 200
        assert readyz(upgraded)["status"] == "ready", readyz(upgraded)
    finally:
        upgraded.own.put_back("plpgsql.so")
    marbre.wait_for(lambda: metric(upgraded, "marbre_database_connections", "read") == 2, "the connection to be made after all")


def test_when_none_is_left_readyz_turns_and_the_log_says_why_until_it_is_mended(upgraded):
    reader = upgraded.client()
    upgraded.own.change("plpgsql.so")
    try:
        upgraded.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'marbre_server'")
        marbre.wait_for(lambda: not readyz(upgraded)["database"], "readyz to turn")
        marbre.wait_for(lambda: not readyz(upgraded)["statements"], "readyz to say that it is not merely away")
        assert readyz(upgraded)["migrations"], "which nobody has taken away"
        refused = reader.get("/v1/tags/nul-part", 503)
        assert refused.headers["Retry-After"] and "not in order" in refused.json()["detail"]
        line = log_line(upgraded, refused)
        assert (line["database"], line["sqlstate"]) == ("away", "58P01") and "plpgsql" in line["reason"], line
        assert (line["statement"], line["connection_class"]) == ("tags/read", "read") and not set("\n\t") & set(line["reason"]), line
        assert line["problem"] == refused.json()["detail"]
    finally:
        upgraded.own.put_back("plpgsql.so")
    marbre.wait_for(upgraded.is_ready, "readyz to turn back", 20)
    reader.get("/v1/tags/nul-part", 404)


# ---- statements of some connections fail, or of all

BREAKABLE = """
    create table marbre.broken (pid integer, code text, message text);
    create function marbre.fail_if_broken() returns boolean security definer set search_path = marbre language plpgsql as $$
    declare found broken;
    begin
        select * into found from broken where pid is null or pid = pg_backend_pid() limit 1;
        if found.code is not null then
            raise exception using errcode = found.code, message = found.message;
        end if;
        return true;
    end $$;
    create policy broken on tags using (marbre.fail_if_broken());
    alter table tags enable row level security;
"""


@pytest.fixture(scope="module")
def house(scratch):
    """A server whose table of tags fails on the backends that a story names."""
    server = marbre.Server.dev(scratch / "broken", "--empty", environment={"MARBRE_WORKERS": "1", "MARBRE_READ_CONNECTIONS": "2"})
    server.tag = marbre.Client(server, "editor").make("tags", name="Fragile", kind="topic")
    server.path = f"/v1/tags/{server.tag['slug']}"
    server.sql(BREAKABLE)
    all_are_made(server)
    yield server
    assert server.stop() == 0


@pytest.fixture
def whole(house):
    """It is in order again after each story, and its readers' pauses between replacements are over."""
    yield house
    house.sql("truncate marbre.broken")
    marbre.wait_for(house.is_ready, "readyz to turn back", 20)


def backends(server):
    return set(server.sql("select pid from pg_stat_activity where usename = 'marbre_server'").split())


def fail(server, pids, code="58P01", message="could not read a block"):
    server.sql("".join(f"insert into marbre.broken values ({pid}, '{code}', '{message}');" for pid in pids))


def read_often(server, times, path=None):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda _: requests.get(server.url + (path or server.path), timeout=20).status_code, range(times)))


def test_a_connection_that_fails_is_replaced_and_its_readers_are_served_by_another(whole):
    read_often(whole, 20)
    bad = whole.sql("select pid from pg_stat_activity where usename = 'marbre_server' and query like '%read_tag%'").split()
    assert bad, "no backend has read a tag"
    fail(whole, bad[:1])
    assert read_often(whole, 200) == [200] * 200
    marbre.wait_for(lambda: bad[0] not in backends(whole), "the connection to be given up", 10)
    assert metric(whole, "marbre_database_broken_total", "read") >= metric(whole, "marbre_database_tried_again_total", "read") >= 1
    assert metric(whole, "marbre_database_replaced_total", "read") >= 1
    assert readyz(whole)["status"] == "ready", readyz(whole)
    assert '"db.broken"' in whole.log_text()


def test_a_write_that_fails_so_is_done_on_another_connection_and_once(whole):
    editor = marbre.Client(whole, "editor")
    for n, bad in enumerate(sorted(backends(whole))):  # whichever of them is the one that writes
        whole.sql("truncate marbre.broken")
        fail(whole, [bad])
        editor.make("tags", name=f"Une fois {n}", kind="topic")
        assert whole.sql(f"select count(*) from tags where name = 'Une fois {n}'") == "1"
    assert metric(whole, "marbre_database_tried_again_total", "write") >= 1


def test_what_fails_on_every_connection_is_told_and_nothing_spins(whole):
    reader = whole.client()
    replaced = metric(whole, "marbre_database_replaced_total", "read")
    fail(whole, ["null"], message="could not read block 17 of a file")
    refused = reader.get(whole.path, 503)
    assert refused.headers["Retry-After"] and "not in order" in refused.json()["detail"]
    line = log_line(whole, refused)
    assert (line["sqlstate"], line["statement"], line["reason"]) == ("58P01", "tags/read", "could not read block 17 of a file")
    end = time.monotonic() + 4
    while time.monotonic() < end:
        assert set(read_often(whole, 8)) == {503}
        assert read_often(whole, 4, "/v1/sections") == [200] * 4, "what does not touch it is served"
    assert metric(whole, "marbre_database_replaced_total", "read") - replaced <= 8, "pauses grow"


def test_readyz_turns_when_most_statements_fail_so_and_turns_back_by_itself(whole):
    fail(whole, ["null"])
    marbre.wait_for(lambda: read_often(whole, 4) and not readyz(whole)["statements"], "readyz to turn", 10)
    said = readyz(whole)
    assert said["status"] == "not ready" and said["database"] and said["migrations"]
    whole.sql("truncate marbre.broken")
    marbre.wait_for(whole.is_ready, "readyz to turn back", 20)
    whole.client().get(whole.path, 200)


@pytest.mark.parametrize("code, message, is_told", [("XX001", "invalid page in block 3 of relation base/5/16384", True),
                                                    ("42846", "cannot cast type jsonb to uuid", True),
                                                    ("42601", "syntax error in tsquery: Madame Mystère", False),
                                                    ("P0001", "this was Madame Mystère", False)])
def test_a_500_names_sqlstate_and_statement_and_no_message_that_may_hold_a_value(whole, code, message, is_told):
    fail(whole, ["null"], code, message)
    refused = whole.client().get(whole.path, 500)
    line = log_line(whole, refused)
    assert (line["sqlstate"], line["statement"]) == (code, "tags/read") and line.get("reason") == (message if is_told else None)
    assert is_told or "Mystère" not in whole.log_text()
    assert message not in refused.text


def test_a_write_that_had_no_turn_names_its_statement_and_whose_queue_it_was(whole):
    editor = marbre.Client(whole, "editor")
    tag = editor.make("tags", name="Tenu", kind="topic")
    holder = whole.sql_session()
    holder.send(f"begin; select 1 from tags where id = '{tag['id']}' for update;")
    try:  # half of the writers' connections are for one thing at most
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            replies = list(pool.map(lambda n: editor.patch(f"/v1/desk/tags/{tag['id']}", {"name": f"Tenu {n}"}, 1), range(4)))
    finally:
        holder.send("rollback;")
        holder.close()
    lines = [log_line(whole, reply) for reply in replies]
    busy = [line for line in lines if line.get("database") == "busy"]
    assert busy and all((line["connection_class"], line["statement"]) == ("write", "tags/desk_get") for line in busy), lines


# ---- what statements name is not there

@pytest.mark.parametrize("code, message", [("42704", 'type "marbre_0.lang" does not exist'), ("42P01", 'relation "tags" does not exist'),
                                           ("3F000", 'schema "marbre_0" does not exist'), ("42703", "column t.slug does not exist"),
                                           ("42501", "permission denied for table tags")])
def test_what_is_missing_is_an_operators_matter_and_the_log_names_it(whole, code, message):
    replaced = metric(whole, "marbre_database_replaced_total", "read")
    fail(whole, ["null"], code, message)
    refused = whole.client().get(whole.path, 503)
    assert refused.headers["Retry-After"] and "lacks something" in refused.json()["detail"]
    line = log_line(whole, refused)
    assert (line["sqlstate"], line["statement"], line["reason"]) == (code, "tags/read", message)
    assert metric(whole, "marbre_database_replaced_total", "read") == replaced, "no other connection would have it"


def test_a_set_that_is_dropped_beneath_a_server_is_told_once_and_served_from_again_when_it_is_back(scratch):
    base = marbre.Server.dev(scratch / "lacking", "--empty")
    server = base.serve_beside(MARBRE_JOBS_SECONDS="1")
    try:
        tag = marbre.Client(server, "editor").make("tags", name="Encore là", kind="topic")
        path = f"/v1/tags/{tag['slug']}"
        server.client().get(path, 200)
        base.sql("delete from jobs")
        base.sql(f"drop schema {base.sql('select name from definition_sets')} cascade")
        refused = server.client().get(path, 503)
        assert refused.headers["Retry-After"] and "lacks something" in refused.json()["detail"]
        line = log_line(server, refused)
        assert line["sqlstate"] in ("3F000", "42883", "42704") and line["statement"] == "tags/read" and line["reason"], line
        marbre.wait_for(lambda: read_often(server, 4, path) and not readyz(server)["statements"], "readyz to turn", 10)
        marbre.wait_for(lambda: not readyz(server)["migrations"], "the set to be missed", 10)
        time.sleep(3)
        told = [json.loads(line)["detail"] for line in server.log_text().splitlines() if '"server.job"' in line and " in jobs/" in line]
        assert len(told) == 1 and "42883 in jobs/begin: function" in told[0], told
        assert marbre.run("migrate", MARBRE_DATABASE_URL=base.database_url("marbre_owner")).returncode == 0
        marbre.wait_for(server.is_ready, "readyz to turn back", 20)
        server.client().get(path, 200)
    finally:
        assert server.stop() == 0
        base.stop()
