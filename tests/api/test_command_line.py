"""The binary as ops meet it: help, configuration, `check`, `serve`, `healthcheck`, and what the serving role may."""
import contextlib
import http.server
import json
import re
import threading

import pytest
import requests

import marbre

COMMANDS = ["serve", "dev", "migrate", "account", "check", "healthcheck", "version"]
KEYS = re.findall(r'^    \{"(MARBRE_[A-Z_]+)"', (marbre.ROOT / "src/base/config.c").read_text(), re.M)
GOOD_KEY = "k1:" + "A" * 43 + "\n"


def does(done):
    """A command that succeeds has nothing to complain about."""
    assert done.returncode == 0 and done.stderr == "", f"exit {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture
def production(server):
    """The environment in which `marbre serve` would serve this server's database."""
    return {"MARBRE_DATABASE_URL": server.database_url(), "MARBRE_JWT_KEYS_FILE": str(server.folder / "secrets/jwt_keys"),
            "MARBRE_MIGRATE_DATABASE_URL": server.database_url("marbre_owner"), "MARBRE_WORKERS": "1",
            "MARBRE_LISTEN": f"127.0.0.1:{marbre.free_port()}", "MARBRE_DRAIN_SECONDS": "0"}


# ---- words

def test_help_lists_every_command():
    for word in ("--help", "-h", "help"):
        listing = does(marbre.run(word))
        assert re.findall(r"^  (\w+) ", listing, re.M) == COMMANDS


def test_each_command_explains_itself():
    for command in COMMANDS:
        assert does(marbre.run(command, "--help")).startswith(f"usage: marbre {command}")
    assert "--role" in does(marbre.run("account", "add", "a@marbre.test", "-h"))


def test_a_command_that_does_not_exist_is_told_with_those_that_do():
    for words in (["publish"], ["Serve"], ["--frobnicate"], [""]):
        done = marbre.run(*words)
        assert done.returncode == 2 and done.stdout == ""
        assert done.stderr.splitlines()[0] == f"marbre: there is no command {words[0]}"
        assert all(f"\n  {command} " in done.stderr for command in COMMANDS)
    nothing = marbre.run()
    assert nothing.returncode == 2 and nothing.stderr.startswith("usage: ")


def test_a_word_too_many_is_refused_before_anything_happens():
    for words in (["serve", "now"], ["migrate", "up"], ["migrate", "status", "now"], ["check", "--all"], ["healthcheck", "x"],
                  ["dev", "now"], ["dev", "--port", "1"], ["dev", "--listen"]):
        marbre.complaint(marbre.run(*words), status=2)


def test_the_version_is_the_build_s():
    version = re.search(r"project\(marbre VERSION (\S+)", (marbre.ROOT / "CMakeLists.txt").read_text()).group(1)
    assert does(marbre.run("version")) == does(marbre.run("--version")) == f"marbre {version}\n"


# ---- configuration

def config(**environment):
    """What `marbre check --config` prints, by key."""
    lines = does(marbre.run("check", "--config", **environment)).splitlines()
    return {line.split("=", 1)[0]: re.split(r"    # ", line.split("=", 1)[1])[0] for line in lines}


def test_every_key_is_printed_with_its_value_and_what_it_is_for():
    lines = does(marbre.run("check", "--config", MARBRE_LANG="de")).splitlines()
    assert [line.split("=")[0] for line in lines] == KEYS and len(KEYS) > 10
    assert all(re.fullmatch(r"[A-Z_]+=.*    # \w.*", line) for line in lines)
    shown = config(MARBRE_LANG="de", MARBRE_WORKERS="3")
    assert shown["MARBRE_LANG"] == "de" and shown["MARBRE_WORKERS"] == "3"
    assert shown["MARBRE_LISTEN"] == "127.0.0.1:8080" and shown["MARBRE_DATABASE_ROLE"] == "marbre_server"


@pytest.mark.parametrize("url, shown", [
    ("postgresql://serve:geheim@db.test/marbre", "postgresql://serve:***@db.test/marbre"),
    ("postgres://serve:geheim@db.test:5432/marbre?sslmode=require", "postgres://serve:***@db.test:5432/marbre?sslmode=require"),
    ("postgresql://db.test/marbre?user=serve&password=geheim&connect_timeout=3",
     "postgresql://db.test/marbre?user=serve&password=***&connect_timeout=3"),
    ("postgresql://serve@db.test/marbre?sslpassword=geheim", "postgresql://serve@db.test/marbre?sslpassword=***"),
    ("postgresql://db.test/marbre?p%61ssword=geheim", "postgresql://db.test/marbre?p%61ssword=***"),
    ("postgresql://serve:geh@eim@db.test/marbre", "postgresql://serve:***@db.test/marbre"),
    ("postgresql://serve:geheim?@db.test/marbre", "postgresql://serve:***@db.test/marbre"),
    ("postgresql://serve:@db.test/marbre", "postgresql://serve:***@db.test/marbre"),
    ("postgresql://serve@/marbre?host=/run/postgresql", "postgresql://serve@/marbre?host=/run/postgresql"),
    ("postgresql://", "postgresql://"),
    ("host=db.test user=serve password=geheim", "(set)"),
    ("host=db.test password=geheim://eim", "(set)"),
    ("", ""),
])
def test_what_may_hold_a_password_is_masked(url, shown):
    printed = config(MARBRE_DATABASE_URL=url)
    assert printed["MARBRE_DATABASE_URL"] == printed["MARBRE_MIGRATE_DATABASE_URL"] == shown


def test_a_key_may_be_kept_in_a_file(tmp_path, production):
    secret = tmp_path / "database_url"
    secret.write_text(production.pop("MARBRE_DATABASE_URL") + "\n")
    assert does(marbre.run("check", MARBRE_DATABASE_URL_FILE=str(secret), **production)) == "everything is in order\n"
    (tmp_path / "lang").write_text("de\r\n")
    assert config(MARBRE_LANG_FILE=str(tmp_path / "lang"))["MARBRE_LANG"] == "de"


def test_a_key_and_its_file_together_are_refused(tmp_path):
    (tmp_path / "lang").write_text("de\n")
    done = marbre.run("check", "--config", MARBRE_LANG="fr", MARBRE_LANG_FILE=str(tmp_path / "lang"))
    assert marbre.complaint(done) == "MARBRE_LANG and MARBRE_LANG_FILE are both set: keep one"


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    for path, why in ((tmp_path / "missing", "No such file or directory"), (tmp_path, "Is a directory")):
        said = marbre.complaint(marbre.run("check", "--config", MARBRE_LANG_FILE=str(path)))
        assert said == f"MARBRE_LANG_FILE names {path}, which cannot be read: {why}"


@pytest.mark.parametrize("value", ["many", "-1", "257", "1.5", " 2", "99999999999999999999999"])
def test_a_number_that_is_none_is_told_with_what_it_may_be(value):
    said = marbre.complaint(marbre.run("check", "--config", MARBRE_WORKERS=value))
    assert said == f'MARBRE_WORKERS is "{value}"; it takes a whole number from 0 to 256'


# ---- check

def test_what_is_in_order_is_said_to_be(production):
    assert does(marbre.run("check", **production)) == "everything is in order\n"


def test_a_setting_that_makes_no_sense_is_refused_and_a_stranger_is_pointed_out(production):
    for key, value, why in (("MARBRE_LANG", "xx yy", "a BCP 47 language, such as fr"),
                            ("MARBRE_SITE_URL", "foo", "an address that begins with http:// or https://"),
                            ("MARBRE_ARTICLE_URL", "bar", "a template with {slug} in it")):
        assert marbre.complaint(marbre.run("check", **{**production, key: value})) == f'{key} is "{value}"; it takes {why}'
    done = marbre.run("check", **production, MARBRE_FOO="1")
    assert done.returncode == 0 and "MARBRE_FOO is set, and is no key of marbre's" in done.stderr


@pytest.mark.parametrize("keys, why", [
    (None, "No such file or directory"),
    ("", "there is no key in it"),
    ("# only a remark\n\n", "there is no key in it"),
    ("k1:" + "A" * 42 + "\n", "a key has less than 32 bytes"),
    ("k1:\n", "a key has less than 32 bytes"),
    ("k1\n", "a line is not `kid:base64url`"),
    (":" + "A" * 43 + "\n", "a line is not `kid:base64url`"),
    ("k1:" + "A" * 43 + "=\n", "a key is not base64url without padding"),
    ("k1:" + "+/" * 22 + "\n", "a key is not base64url without padding"),
    (GOOD_KEY + "k2:?\n", "a key is not base64url without padding"),
    (GOOD_KEY + GOOD_KEY, "two keys have the same kid"),
    ("".join(GOOD_KEY.replace("k1", f"k{n}") for n in range(9)), "there are more than 8 keys"),
], ids=lambda value: str(value)[:24])
def test_a_file_of_keys_that_will_not_do_is_told_in_one_line(production, tmp_path, keys, why):
    path = tmp_path / "keys"
    if keys is not None:
        path.write_text(keys)
    said = marbre.complaint(marbre.run("check", **{**production, "MARBRE_JWT_KEYS_FILE": str(path)}))
    assert said == f"the keys file (MARBRE_JWT_KEYS_FILE) {path}: {why}"


def test_keys_with_remarks_and_windows_line_ends_will_do(production, tmp_path):
    path = tmp_path / "keys"
    path.write_bytes(b"# ours\r\n\r\n  " + GOOD_KEY.strip().encode() + b"\r\nk2:" + b"A" * 86)
    does(marbre.run("check", **{**production, "MARBRE_JWT_KEYS_FILE": str(path)}))


def test_what_is_not_set_is_named(production):
    for key in ("MARBRE_JWT_KEYS_FILE", "MARBRE_DATABASE_URL"):
        rest = {name: value for name, value in production.items() if name != key}
        assert marbre.complaint(marbre.run("check", **rest)).startswith(key)


def test_a_database_that_cannot_be_used_is_told_in_one_line(server, production, tmp_path):
    migrated = server.database_url()
    for url, why in ((f"postgresql://x@/marbre?host={tmp_path}", "the database cannot be reached: .*No such file"),
                     (f"postgresql://x@127.0.0.1:{marbre.free_port()}/marbre", "the database cannot be reached: .*refused"),
                     (server.database_url(database="no-such"), 'the database cannot be reached: .*"no-such" does not exist'),
                     (server.database_url("nobody"), 'the database cannot be reached: .*"nobody" does not exist'),
                     ("postgresql://[", "the database cannot be reached: "),
                     (server.database_url(database="postgres"), "the database is older than this marbre: run `marbre migrate`")):
        assert re.match(why, marbre.complaint(marbre.run("check", **{**production, "MARBRE_DATABASE_URL": url})))
    done = marbre.run("check", **{**production, "MARBRE_DATABASE_URL": migrated, "MARBRE_DATABASE_ROLE": "nobody"})
    assert marbre.complaint(done).endswith('role "nobody" does not exist (MARBRE_DATABASE_ROLE; `marbre migrate` makes it)')


# ---- serve, healthcheck

def test_a_port_that_is_taken_is_told_in_one_line_and_the_first_goes_on(server, production):
    for key, url in (("MARBRE_LISTEN", server.url), ("MARBRE_ADMIN_LISTEN", server.admin_url)):
        address = url.removeprefix("http://")
        said = marbre.complaint(marbre.run("serve", **{**production, key: address}))
        assert said == f"{address} cannot be had: something else listens there"
    for _ in range(20):  # each on a connection of its own: nobody else takes them
        requests.get(server.url + "/openapi.json", timeout=10).raise_for_status()


def test_an_address_that_is_none_is_told_in_one_line(production):
    for address in ("8080", "localhost:8080", "127.0.0.1:", "127.0.0.1:65536", "::1:80x"):
        said = marbre.complaint(marbre.run("serve", **{**production, "MARBRE_LISTEN": address}))
        assert said.startswith(f"{address} is no address to listen on; write ")


def test_serve_starts_on_nothing_that_check_refuses(production):
    said = marbre.complaint(marbre.run("serve", **{**production, "MARBRE_JWT_KEYS_FILE": "/nowhere/keys"}))
    assert said == "the keys file (MARBRE_JWT_KEYS_FILE) /nowhere/keys: No such file or directory"


def healthcheck(address):
    return marbre.run("healthcheck", MARBRE_ADMIN_LISTEN=address)


def test_a_health_check_is_quiet_when_the_server_is_ready(server):
    assert does(healthcheck(server.admin_url.removeprefix("http://"))) == ""


def test_a_health_check_prints_the_page_that_is_named(server):
    address = server.admin_url.removeprefix("http://")
    printed = does(marbre.run("healthcheck", "/metrics", MARBRE_ADMIN_LISTEN=address))
    assert printed.startswith("# HELP ") and "\nmarbre_ready 1\n" in printed and printed.endswith("\n")
    said = marbre.complaint(marbre.run("healthcheck", "/nothing", MARBRE_ADMIN_LISTEN=address))
    assert said.startswith("not ready: HTTP/1.1 404 Not Found {")
    assert "takes a page" in marbre.complaint(marbre.run("healthcheck", "metrics", MARBRE_ADMIN_LISTEN=address), 2)


def test_a_health_check_without_a_server_says_so():
    address = f"127.0.0.1:{marbre.free_port()}"
    assert marbre.complaint(healthcheck(address)) == f"no answer at {address}: Connection refused"
    for nothing in ("", "nonsense"):
        assert marbre.complaint(healthcheck(nothing)).startswith("MARBRE_ADMIN_LISTEN is not set to an address")


class Probed(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    readyz = 503

    def do_GET(self):
        self.send_error(self.readyz if self.path == "/readyz" else 404)

    def log_message(self, *_):
        pass


class ProbedReady(Probed):
    readyz = 200


@contextlib.contextmanager
def probed(handler):
    """Something that answers at an address of IPv4 alone."""
    with http.server.HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_a_health_check_of_a_server_that_is_not_ready_says_so():
    with probed(Probed) as port:
        said = marbre.complaint(healthcheck(f"127.0.0.1:{port}"))
    assert said == "not ready: HTTP/1.1 503 Service Unavailable"


def test_a_server_on_every_address_is_asked_on_one_that_a_container_without_ipv6_has():
    with probed(ProbedReady) as port:
        assert does(healthcheck(f":{port}")) == does(healthcheck(f"0.0.0.0:{port}")) == ""


# ---- the role that serves

def test_the_serving_role_owns_nothing(server):
    owned = """select count(*) from pg_shdepend d join pg_roles r on r.oid = d.refobjid
                where r.rolname = 'marbre_server' and d.deptype = 'o'"""
    assert server.sql(owned) == "0"
    rights = "select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication from pg_roles where rolname = "
    assert server.sql(rights + "'marbre_server'") == "f|f|f|f|f"
    assert server.sql("select r.rolname from pg_auth_members m join pg_roles r on r.oid = m.roleid"
                      " where m.member = 'marbre_server'::regrole") == ""


@pytest.mark.parametrize("statement", [
    "drop table articles", "drop table refresh_tokens", "alter table articles add column mine text", "truncate articles",
    "alter table accounts disable trigger all", "drop trigger accounts_keep_an_admin_on_update on accounts",
    "drop function caller_enter(uuid, uuid, integer, text, text[])", "drop schema marbre cascade", "drop database marbre",
    "create table marbre.mine (x integer)", "create table public.mine (x integer)", "create role mine superuser",
    "alter role marbre_server superuser", "set role marbre_owner", "set session_replication_role = replica",
    "create or replace function caller_role() returns text language sql as $$ select 'admin' $$",
    "copy accounts to '/tmp/accounts'", "copy accounts to program 'cat'", "select pg_read_file('PG_VERSION')",
    "insert into migrations (name, sha256) values ('mine', 'x')", "delete from migrations",
    "insert into definition_sets (name, sha256, triggers) values ('mine', 'x', '{}')", "update definition_sets set retired_at = now()",
    "do $$ begin execute format('create function %I.mine() returns text language sql as $f$ select 1 $f$', current_schema()); end $$",
    "do $$ begin execute format('drop schema %I cascade', current_schema()); end $$",
    "update audit set fields = '{}'", "delete from audit", "truncate audit", "update article_versions set version = version + 1", "delete from article_versions", "delete from article_transitions",
])
def test_the_serving_role_can_neither_change_the_house_nor_rewrite_history(server, statement):
    with pytest.raises(RuntimeError, match="must be owner|permission denied|must be superuser|cannot drop|must be member"):
        server.sql(statement, role="marbre_server")


# ---- the contract alone, as the build checks it

def without(operation, word):
    del operation["x-marbre"][word]


@pytest.mark.parametrize("break_it, complaint", [
    (lambda spec: spec["components"]["schemas"]["NewTag"].update(unevaluatedProperties=False), "NewTag has the keyword unevaluatedProperties"),
    (lambda spec: spec["components"]["schemas"]["NewTag"]["properties"]["name"].update(format="hostname"), "format"),
    (lambda spec: without(spec["paths"]["/v1/desk/tags"]["post"], "audit"), "create_tag changes something"),
    (lambda spec: without(spec["paths"]["/v1/tags"]["get"], "rate"), "list_tags: x-marbre.rate"),
    (lambda spec: without(spec["paths"]["/v1/tags"]["get"], "roles"), "list_tags names no role"),
    (lambda spec: without(spec["paths"]["/v1/tags"]["get"], "statements"), "list_tags is served by nothing"),
    (lambda spec: spec["paths"]["/v1/tags"]["get"]["responses"]["200"]["headers"].update({"X-Powered-By": {}}), "the header X-Powered-By"),
    (lambda spec: spec["paths"]["/v1/tags"]["get"]["parameters"].append({"name": "x", "in": "cookie", "schema": {}}), "its parameter"),
    (lambda spec: spec["paths"]["/v1/tags"]["get"]["parameters"][0].update(style="deepObject"), "the member style"),
    (lambda spec: spec["paths"]["/v1/tags"]["get"]["parameters"][0].update(schema={"type": "array"}), "has not the type"),
    (lambda spec: spec["paths"]["/v1/desk/tags"]["post"]["requestBody"]["content"].update({"text/csv": {"schema": {}}}), "takes text/csv"),
])
def test_a_contract_that_promises_what_nothing_keeps_is_no_build(server, scratch, break_it, complaint):
    spec = json.loads(json.dumps(server.contract.spec))
    file = scratch / "contract.json"
    file.write_text(json.dumps(spec))
    assert marbre.run("check", "--contract", str(file)).returncode == 0
    break_it(spec)
    file.write_text(json.dumps(spec))
    assert complaint in marbre.complaint(marbre.run("check", "--contract", str(file)))
