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


# ---- sets that come and go

def trigger_owners(server, database):
    """The schemas whose functions triggers call, of those that are sets."""
    return set(server.sql("select distinct p.pronamespace::regnamespace from pg_trigger t join pg_proc p on p.oid = t.tgfoid"
                          " where not t.tgisinternal and p.pronamespace <> 'marbre'::regnamespace", database=database).split())


def test_the_set_before_stays_and_older_ones_go_once_nobody_uses_them(server, own):
    """A set is in use where somebody is connected under its name: that is what servers do."""
    many = server.new_database("many", migrated=True)
    as_of_another_release(server, "many", OLDER, own)
    does(marbre.run("migrate", **many))
    as_of_another_release(server, "many", OTHER, own)
    with connected_as(server, "many", OLDER):
        does(marbre.run("migrate", **many))
        assert sets(marbre.run("migrate", "status", **many).stdout) == {own: "applied", OTHER: "unused", OLDER: "in use"}
    with connected_as(server, "many", OTHER):
        marbre.wait_for(lambda: "in use   definitions 0000" not in marbre.run("migrate", "status", **many).stdout, "it to be gone")
        assert sets(does(marbre.run("migrate", **many)).split("the database")[0]) == {OLDER: "dropped"}
        assert sets(marbre.run("migrate", "status", **many).stdout) == {own: "applied", OTHER: "in use"}
    does(marbre.run("migrate", **many))
    assert schemas(server, "many") == {own, OTHER}, "its servers may be about to come back"
    assert server.sql("select count(*) from marbre.definition_sets", database="many") == "2"


def test_what_else_is_connected_is_no_user_of_a_set(server, own):
    """A database of the same PostgreSQL may have a set of the same name."""
    apart = server.new_database("apart", migrated=True)
    for name in (OLDER, OTHER):
        as_of_another_release(server, "apart", name, own)
        does(marbre.run("migrate", **apart))
    as_of_another_release(server, "apart", "marbre_ffffffffffff", own)
    with connected_as(server, "marbre", OLDER):
        assert sets(does(marbre.run("migrate", **apart)).split("the database")[0])[OTHER] == "dropped"


def test_triggers_are_those_of_the_set_that_was_applied_last_and_going_back_brings_them_back(server, own):
    back = server.new_database("back", migrated=True)
    as_of_another_release(server, "back", OTHER, own)
    server.sql(f"create trigger of_other before insert on marbre.tags execute function {OTHER}.{a_trigger_function(server)}()",
               database="back")
    does(marbre.run("migrate", **back))
    triggers = server.sql("select count(*), count(*) filter (where tgname = 'of_other') from pg_trigger where not tgisinternal", database="back")
    assert trigger_owners(server, "back") == {own} and triggers.endswith("|0"), "a trigger that a release has no more goes"
    made = server.sql(f"select min(oid) from pg_proc where pronamespace = '{own}'::regnamespace", database="back")
    # The other release is migrated to again: its set is there, and newest.
    server.sql(f"update marbre.definition_sets set applied_at = clock_timestamp() where name = '{OTHER}';"
               f" {retrigger(server, 'back', own, OTHER)}", database="back")
    assert trigger_owners(server, "back") == {OTHER}
    assert does(marbre.run("check", **back)) == "everything is in order\n", "its set is there, which is all that a server needs"
    does(marbre.run("migrate", **back))
    assert trigger_owners(server, "back") == {own}
    assert server.sql("select count(*), 0 from pg_trigger where not tgisinternal", database="back") == triggers
    assert server.sql(f"select min(oid) from pg_proc where pronamespace = '{own}'::regnamespace", database="back") == made, "not made anew"


def a_trigger_function(server):
    return server.sql("select proname from pg_proc p join definition_sets s on p.pronamespace = s.name::regnamespace"
                      " where prorettype = 'trigger'::regtype order by 1 limit 1")


def retrigger(server, database, old, new):
    return server.sql(f"""set search_path = '';
                          select string_agg(replace(replace(pg_get_triggerdef(t.oid), 'CREATE ', 'CREATE OR REPLACE '), '{old}.', '{new}.'), '; ')
                            from pg_trigger t join pg_proc p on p.oid = t.tgfoid
                           where p.pronamespace = '{old}'::regnamespace and not tgisinternal""", database=database)


def test_a_trigger_that_is_missing_is_put_back(server, own):
    torn = server.new_database("torn", migrated=True)
    count = "select count(*) from pg_trigger where not tgisinternal"
    before = server.sql(count, database="torn")
    name, table = server.sql("select tgname, tgrelid::regclass from pg_trigger t join pg_proc p on p.oid = t.tgfoid where not tgisinternal"
                             f" and p.pronamespace = '{own}'::regnamespace limit 1", database="torn").split("|")
    server.sql(f"drop trigger {name} on {table}", database="torn")
    does(marbre.run("migrate", **torn))
    assert server.sql(count, database="torn") == before


def test_what_an_interrupted_migrate_left_behind_is_made_anew(server, own):
    """A set that is not recorded, or was about to go, is no set that anybody starts on."""
    left = server.new_database("left", migrated=True)
    server.sql("update marbre.definition_sets set retired_at = clock_timestamp()", database="left")
    assert refused(left, "check") == "the database has not the definitions of this marbre: run `marbre migrate`"
    does(marbre.run("migrate", **left))
    assert does(marbre.run("check", **left)) == "everything is in order\n"
    server.sql("delete from marbre.definition_sets", database="left")
    assert sets(marbre.run("migrate", "status", **left).stdout) == {own: "pending"}
    does(marbre.run("migrate", **left))
    assert does(marbre.run("check", **left)) == "everything is in order\n"


def test_functions_of_triggers_name_their_own_path_and_no_other_function_has_one(server, own):
    """They work for servers of any set; whatever carries a setting is not put into the statement that calls it."""
    paths = server.sql(f"select distinct prorettype = 'trigger'::regtype, (select option from unnest(proconfig) option where option ~ '^search_path=')"
                       f" from pg_proc where pronamespace = '{own}'::regnamespace order by 1")
    assert paths in (f"f|\nt|search_path={own}, marbre", f"t|search_path={own}, marbre")


def test_psql_finds_names_plainly_as_either_role(server, own):
    for role in ("marbre_owner", "marbre_server"):
        assert server.sql("show search_path", role=role) == f"{own}, marbre"
    assert own in server.sql("\\sf " + a_trigger_function(server))


# ---- locks

class Writer:
    """Somebody who writes again and again, and notes how long each time took."""

    def __init__(self, server, database, table):
        self.session, self.table, self.took, self.over = server.sql_session(database), table, [], threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.over.wait(0.01):
            began = time.monotonic()
            self.session.send(f"begin; lock table marbre.{self.table} in row exclusive mode; commit;")  # as an insert does
            self.took.append(time.monotonic() - began)

    def end(self):
        self.over.set()
        self.thread.join()
        self.session.close()


def test_migrate_waits_for_a_table_that_is_written_to_and_no_other_writer_waits_for_it(server, own):
    busy = server.new_database("busy", migrated=True)
    as_of_another_release(server, "busy", OTHER, own)
    holder = server.sql_session("busy")
    holder.send("begin; lock table marbre.tags in row exclusive mode;")  # in the middle of the tables
    writers = [Writer(server, "busy", table) for table in ("accounts", "tags")]
    try:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            migrating = pool.submit(lambda: marbre.run("migrate", **busy))
            time.sleep(3)
            assert not migrating.done() and schemas(server, "busy") == {OTHER}
            waited = [max(writer.took) for writer in writers]
            holder.send("rollback;")
            output = does(migrating.result(timeout=60))
    finally:
        for writer in writers:
            writer.end()
        holder.close()
    assert output.startswith("waiting  for locks that others hold\n") and sets(output.split("\n", 1)[1].split("the database")[0]) == {own: "applied"}
    assert max(waited) < 1.5, f"a writer waited {max(waited):.1f} s, and migrate more than 3"
    assert all(len(writer.took) > 20 for writer in writers)


def test_migrate_gives_up_in_time_and_says_who_holds_what(server, own):
    held = server.new_database("held", migrated=True)
    as_of_another_release(server, "held", OTHER, own)
    holder = server.sql_session("held")
    [pid] = holder.send("begin; lock table marbre.tags in row exclusive mode; select pg_backend_pid();")
    began = time.monotonic()
    said = marbre.complaint(marbre.run("migrate", MARBRE_MIGRATE_SECONDS="1", **held))
    assert time.monotonic() - began < 10
    assert re.fullmatch(rf"locks are held by process {pid} \(psql, as marbre_owner\) on tags:"
                        r" gave up after 1 second \(MARBRE_MIGRATE_SECONDS\) at locks \((55P03|57014)\), nothing of it was done", said), said
    assert schemas(server, "held") == {OTHER} and trigger_owners(server, "held") == {OTHER}
    holder.send("rollback;")
    holder.close()
    does(marbre.run("migrate", **held))
    assert trigger_owners(server, "held") == {own}


# ---- before the present migrations

# What `marbre.migrations` holds in databases of the history before the present one.
BEFORE_BASE = {
    "0001_foundation.sql": "d51be30e12bf48d039832367a3d16ca4596b2b80137ab1739cff8caeabbe4c30",
    "0002_accounts.sql": "4d16f764fe8467b5d6ef808b98095ff357e140960b665ef36fc4932279af49a1",
    "0003_newsroom.sql": "ad2be3e97325c5f1fa61ca32f0827005d1c947a2c75a17baa657b72e13e64fed",
    "0004_articles.sql": "3b311a9e0ad34230f742854d9b73ad18724576b2f414c8bcb60559b41e32716c",
    "0005_callers.sql": "e5ac21b9a2e7c2230294417e02a6824f73f65bfb7b3f138e86b2f50b235ab4e8",
    "0006_bodies.sql": "dc258ccc082ea5858d773bfad147c25b93c115bef1b81ab0511d802d94623d7a",
    "0007_filing.sql": "897f069efbef88d4c044728fa3a14887b09f1be36021833ba5821c314b4bab17",
    "0008_desk.sql": "22f260a5dd90613d6fd8be1d34d5e2bdcde6c613d4f12062a1916f30038b0901",
    "0009_delivery.sql": "b21760f32dfe512f9fa2e7c88330ec6ec4d32e46a753299480e6a5cfacddd1e6",
    "0010_reading.sql": "78c333a441ff31a10e3bbdee24f91720968be52ad0e9f29eefe64d04fae86903",
    "0011_sponsorship.sql": "255a213c1e47a86f1f1da15431e3d51084017c7612c36cd46e15a1945f981668",
}


def test_a_database_from_before_the_present_migrations_is_told_from_others_and_left_as_it_is(server):
    old = server.new_database("old")
    server.sql("create schema marbre; create table marbre.migrations (name text primary key, sha256 text not null,"
               " applied_at timestamptz not null default clock_timestamp()); create table marbre.articles (title text);"
               " insert into marbre.migrations (name, sha256) values "
               + ", ".join(f"('{name}', '{sha256}')" for name, sha256 in BEFORE_BASE.items()) +
               "; grant usage on schema marbre to marbre_server; grant select on marbre.migrations to marbre_server", database="old")
    said = refused(old, "migrate", "check", "serve")
    assert said.startswith("the database was made before the present migrations") and "`rm -r .marbre`" in said and "dump" in said
    asked = marbre.run("migrate", "status", **old)
    assert asked.returncode == 1 and marbre.complaint(asked) == said
    assert "pending" not in asked.stdout, "what will never be applied"
    assert server.sql("select string_agg(relname, ' ' order by relname) from pg_class where relnamespace = 'marbre'::regnamespace"
                      " and relkind = 'r'", database="old") == "articles migrations"
