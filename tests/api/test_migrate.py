"""`marbre migrate`: migrations, sets of definitions, and servers of two releases on one database.

Another release is made of this one: its set of definitions under another name (`as_of_another_release`)."""
import concurrent.futures
import contextlib
import re
import subprocess
import threading
import time

import pytest

import marbre

MIGRATIONS = sorted(path.name for path in (marbre.ROOT / "migrations").glob("*.sql"))
OTHER, OLDER = "marbre_0123456789ab", "marbre_000000000000"


def does(done):
    """A command that succeeds has nothing to complain about."""
    assert done.returncode == 0 and done.stderr == "", f"exit {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout


def lines(output):
    return [tuple(re.split(r" {2,}| (?=definitions )", line)) for line in output.splitlines()]


def migrations(output):
    """The states of migrations, as `migrate status` prints them."""
    return [line for line in lines(output) if not line[1].startswith("definitions ")]


def sets(output):
    """The states of sets of definitions, by the schema's name."""
    return {"marbre_" + what.split()[1][:12]: state + what[24:] for state, what in lines(output) if what.startswith("definitions ")}


@pytest.fixture(scope="module")
def own(server):
    """This binary's set of definitions: it is the only one in a database that is new."""
    return server.sql("select name from definition_sets")


def as_of_another_release(server, database, name, own):
    server.sql(f"alter schema {own} rename to {name}; update marbre.definition_sets set name = '{name}' where name = '{own}'",
               database=database)


@contextlib.contextmanager
def connected_as(server, database, name):
    """Somebody who works with a set of definitions."""
    session = marbre.SqlSession(server.database_url("marbre_server", database) + f"&application_name={name}")
    session.send("select 1;")
    try:
        yield session
    finally:
        session.close()


def schemas(server, database):
    return set(server.sql("select nspname from pg_namespace where nspname like 'marbre\\__%'", database=database).split())


# ---- migrations

def test_a_new_database_is_pending_then_applied_then_up_to_date(server, own):
    new = server.new_database("new")
    for _ in range(2):  # asking changes nothing
        asked = marbre.run("migrate", "status", **new)
        assert asked.returncode == 3 and asked.stderr == ""
        assert migrations(asked.stdout) == [("pending", name) for name in MIGRATIONS]
        assert sets(asked.stdout) == {own: "pending"}
    assert server.sql("select to_regnamespace('marbre') is null", database="new") == "t"

    applied, _, rest = does(marbre.run("migrate", **new)).rpartition("the database is up to date")
    assert migrations(applied) == [("applied", name) for name in MIGRATIONS] and sets(applied) == {own: "applied"} and rest == "\n"
    asked = marbre.run("migrate", "status", **new)
    assert asked.returncode == 0
    assert migrations(asked.stdout) == [("applied", name) for name in MIGRATIONS] and sets(asked.stdout) == {own: "applied"}
    assert does(marbre.run("migrate", **new)) == "the database is up to date\n"
    assert does(marbre.run("check", **new)) == "everything is in order\n"


def test_a_database_that_is_half_way_gets_the_rest(server, own):
    """A migration that failed is not recorded, and nothing of it stays; the ones before it do."""
    half = server.new_database("half")
    server.sql("create schema marbre; create table marbre.articles (mine text)", database="half")
    at = next(n for n, name in enumerate(MIGRATIONS) if "create table articles (" in (marbre.ROOT / "migrations" / name).read_text())
    said = marbre.complaint(marbre.run("migrate", **half))
    assert said.startswith(MIGRATIONS[at] + ": ") and 'relation "articles" already exists' in said
    asked = marbre.run("migrate", "status", **half).stdout
    assert migrations(asked) == [("applied", name) for name in MIGRATIONS[:at]] + [("pending", name) for name in MIGRATIONS[at:]]
    assert sets(asked) == {own: "pending"}
    server.sql("drop table marbre.articles", database="half")
    does(marbre.run("migrate", **half))
    assert does(marbre.run("check", **half)) == "everything is in order\n"


def test_two_migrations_at_once_both_succeed_and_each_file_is_applied_once(server, own):
    both = server.new_database("both")
    with concurrent.futures.ThreadPoolExecutor(2) as two:
        outputs = [does(done) for done in two.map(lambda _: marbre.run("migrate", **both), range(2))]
    assert all(output.endswith("the database is up to date\n") for output in outputs)
    assert sorted(re.findall(r"applied +(\S+)", "".join(outputs))) == [*MIGRATIONS, "definitions"]
    assert server.sql("select name from marbre.migrations order by name", database="both").split() == MIGRATIONS
    assert schemas(server, "both") == {own}


def test_a_migration_that_changed_since_it_was_applied_is_refused(server):
    changed = server.new_database("changed", migrated=True)
    server.sql(f"update marbre.migrations set sha256 = repeat('0', 64) where name = '{MIGRATIONS[1]}'", database="changed")
    said = "a migration that was applied has changed since; `marbre migrate status` names it"
    assert marbre.complaint(marbre.run("migrate", **changed)) == said
    asked = marbre.run("migrate", "status", **changed)
    assert asked.returncode == 1
    assert [name for state, name in migrations(asked.stdout) if state == "changed"] == [MIGRATIONS[1]]
    assert "has changed since it was applied" in marbre.complaint(marbre.run("check", **changed))


def test_migrations_need_an_owner_who_is_not_the_serving_role(server):
    owned = server.new_database("owned")
    as_server = {**owned, "MARBRE_MIGRATE_DATABASE_URL": owned["MARBRE_DATABASE_URL"]}
    assert "permission denied" in marbre.complaint(marbre.run("migrate", **as_server))
    as_owner = {**owned, "MARBRE_DATABASE_ROLE": "marbre_owner"}
    assert "it must be another role" in marbre.complaint(marbre.run("migrate", **as_owner))
    assert marbre.complaint(marbre.run("migrate")).startswith("MARBRE_MIGRATE_DATABASE_URL is not set")


# ---- who starts on what

def refused(newer, *commands):
    """The one sentence with which all of them refuse a database."""
    [said] = {marbre.complaint(marbre.run(command, **newer, MARBRE_LISTEN=f"127.0.0.1:{marbre.free_port()}"))
              for command in commands}
    return said


def test_a_database_that_is_newer_and_has_not_this_set_any_more_is_refused_by_all(server, own):
    newer = server.new_database("newer", migrated=True)
    as_of_another_release(server, "newer", OTHER, own)
    server.sql("insert into marbre.migrations (name, sha256) values ('9999_future.sql', 'x')", database="newer")
    assert "it is newer" in refused(newer, "migrate")
    asked = marbre.run("migrate", "status", **newer)
    assert asked.returncode == 1 and migrations(asked.stdout)[-1] == ("unknown", "9999_future.sql")
    assert refused(newer, "check", "serve") == "the database is newer than this marbre: run a newer marbre"


def test_a_server_starts_in_the_middle_of_a_roll_since_its_set_is_there(server, own):
    """What the next release has migrated, and its set, do not keep an old server from being started again."""
    rolling = server.new_database("rolling", migrated=True)
    server.sql("insert into marbre.migrations (name, sha256) values ('9999_future.sql', 'x');"
               f" create schema {OTHER}; insert into marbre.definition_sets (name, sha256, triggers) values ('{OTHER}', '', '{{}}')",
               database="rolling")
    assert does(marbre.run("check", **rolling)) == "everything is in order\n"
    asked = marbre.run("migrate", "status", **rolling)
    assert sets(asked.stdout) == {own: "applied", OTHER: "unused, which has the triggers"}
    assert "it is newer" in refused(rolling, "migrate")


def test_a_database_without_this_set_is_refused_until_migrate_has_made_it(server, own):
    lacking = server.new_database("lacking", migrated=True)
    as_of_another_release(server, "lacking", OTHER, own)
    said = "the database has not the definitions of this marbre: run `marbre migrate`"
    assert refused(lacking, "check", "serve") == said
    asked = marbre.run("migrate", "status", **lacking)
    assert asked.returncode == 3 and sets(asked.stdout) == {own: "pending", OTHER: "unused, which has the triggers"}
    assert sets(does(marbre.run("migrate", **lacking)).replace("the database is up to date\n", "")) == {own: "applied"}
    assert does(marbre.run("check", **lacking)) == "everything is in order\n"
