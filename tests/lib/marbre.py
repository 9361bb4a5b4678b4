"""What the stories stand on: a real server on a private PostgreSQL, clients by role, and the contract's eye on each reply.

    server = Server.dev(folder)                a `marbre dev --empty` of its own
    editor = server.client("editor")           logged in
    article = editor.make_article(title="…")   POST /v1/desk/articles, 201
    editor.act(article, "publish")             POST …/publish with If-Match, 200
    server.client().get("/v1/articles/…")      a reader

Every reply is checked against the schema that `openapi/` promises for its operation and status.
"""
import contextlib
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import time
import uuid

import requests

from contract import Contract

ROOT = pathlib.Path(__file__).resolve().parents[2]
PASSWORD = "marbre-dev-only"
# Hashes of passwords as cheap as they may be.
CHEAP = {"MARBRE_HASH_MEMORY_KIB": "1024", "MARBRE_HASH_PASSES": "1"}
# Where requests have to meet: on two workers, and on two of each worker's connections.
SIDE_BY_SIDE = {"MARBRE_WORKERS": "2", "MARBRE_WRITE_CONNECTIONS": "2"}
# Debian's psql is a wrapper in Perl; the real one starts ten times as fast.
PSQL = next(map(str, sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/psql"))), "psql")


def binary():
    """The marbre under test: MARBRE_BINARY, or the sanitizer build, or the release build."""
    named = os.environ.get("MARBRE_BINARY")
    candidates = [pathlib.Path(named)] if named else [ROOT / "build/asan/marbre", ROOT / "build/marbre"]
    for candidate in candidates:
        if candidate.exists():
            return str(candidate)
    raise FileNotFoundError(f"no marbre at {', '.join(map(str, candidates))}: run make test or make build first")


def free_port():
    """A port below those that the kernel gives to whoever connects, so that none of them takes it first."""
    while True:
        port = random.SystemRandom().randrange(10240, 32768)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def answers(port):
    """Whether something listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(condition, what, seconds=30):
    """Waits until condition() is true. The bound is for a hang, not for a slow machine."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise TimeoutError(f"waited {seconds} s for {what}")


def run(*words, typed=None, seconds=60, program=None, **environment):
    """Runs a marbre command until it ends. Of the tests' own environment it sees no MARBRE_ key but those given here."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MARBRE_")}
    clean.setdefault("ASAN_OPTIONS", "detect_leaks=0")  # looking for them takes as long as all the rest
    done = subprocess.run([program or binary(), *words], env={**clean, **CHEAP, **environment},
                          input=typed.encode() if isinstance(typed, str) else typed or b"", capture_output=True,
                          timeout=seconds)
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
    return done


def complaint(done, status=1):
    """The one line with which a command ended; `status` is what it should have exited with."""
    assert done.returncode == status, f"exit {done.returncode}: {done.stdout}{done.stderr}"
    assert done.stderr.startswith("marbre: ") and done.stderr.count("\n") == 1, f"not one line: {done.stderr}"
    assert done.stderr.endswith("\n")
    return done.stderr[len("marbre: "):-1]


class Client:
    """A caller of one server; with a role, logged in as that role's dev account."""

    def __init__(self, server, role=None, email=None, password=PASSWORD):
        self.server, self.session = server, requests.Session()
        self.session.trust_env = False
        self.renew_at = None  # when the access token has to be traded for the next one
        if role or email:
            self.take(self.post("/v1/auth/login", {"email": email or f"{role}@marbre.test", "password": password}, 200).json())

    def take(self, grant):
        """Goes on with these tokens, and keeps them fresh: a run may last longer than an access token."""
        self.grant, self.account = grant, grant["account"]
        self.session.headers["Authorization"] = "Bearer " + grant["access_token"]
        self.renew_at = time.monotonic() + 0.8 * grant["expires_in"]

    def request(self, method, path, expect=None, **arguments):
        if self.renew_at and time.monotonic() > self.renew_at:
            self.renew_at = None
            self.take(self.post("/v1/auth/refresh", {"refresh_token": self.grant["refresh_token"]}, 200).json())
        reply = self.session.request(method, self.server.url + path, allow_redirects=False, timeout=60, **arguments)
        self.server.contract.check(reply)
        if expect is not None:
            assert reply.status_code == expect, f"{method} {path}: {reply.status_code} {reply.text}"
        return reply

    def get(self, path, expect=None, **arguments):
        return self.request("GET", path, expect, **arguments)

    def post(self, path, body=None, expect=None, **arguments):
        return self.request("POST", path, expect, json={} if body is None else body, **arguments)

    def patch(self, path, body, version, expect=None):
        headers = {"Content-Type": "application/merge-patch+json"}
        if version is not None:
            headers["If-Match"] = version if isinstance(version, str) else f'"v{version}"'
        return self.request("PATCH", path, expect, data=json.dumps(body), headers=headers)

    # ---- the newsroom's words

    def make(self, resource, **fields):
        return self.post(f"/v1/desk/{resource}", fields, 201).json()

    def make_article(self, **fields):
        return self.make("articles", **{"title": "Un titre", **fields})

    def save(self, article, expect=200, **fields):
        return self.patch(f"/v1/desk/articles/{article['id']}", fields, article["version"], expect).json()

    def act(self, article, verb, expect=200):
        return self.post(f"/v1/desk/articles/{article['id']}/{verb}", {}, expect,
                         headers={"If-Match": f'"v{article["version"]}"'}).json()


class Server:
    """A marbre process of the tests' own."""

    def __init__(self, arguments, port, environment=None, admin_port=None):
        self.port, self.url = port, f"http://127.0.0.1:{port}"
        self.admin_url = f"http://127.0.0.1:{admin_port}" if admin_port else None
        self.arguments, self.environment = arguments, {**os.environ, **(environment or {})}
        self.environment.setdefault("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0")
        self.clients = {}
        self.log = self.process = None
        self.program = None  # the marbre under test

    templates = None  # where a run keeps them; without, each folder is made anew

    @classmethod
    def dev(cls, folder, *options, port=None, environment=None, patience=60, fresh=False):
        """A `marbre dev` on a folder: a copy of the run's template, unless it is there already or has to be `fresh`."""
        folder = pathlib.Path(folder)
        if cls.templates and not fresh and set(options) <= {"--empty"} and not folder.exists():
            cls.templates.copy(folder, options, lambda first: cls.dev(first, *options, fresh=True).stop())
        port, admin_port = port or free_port(), free_port()
        arguments = ["dev", "--listen", f"127.0.0.1:{port}", "--data", str(folder), *options]
        server = cls(arguments, port, {"MARBRE_ADMIN_LISTEN": f"127.0.0.1:{admin_port}", "MARBRE_WORKERS": "2",
                                       **CHEAP, "MARBRE_RATE_READ": "0",
                                       "MARBRE_RATE_DESK": "0", "MARBRE_RATE_LOGIN": "0", "MARBRE_RATE_FORM": "0",
                                       "MARBRE_RATE_FORM_ALL": "0", "MARBRE_FORM_SECONDS_MIN": "0",
                                       "MARBRE_SPONSORSHIP_PER_EMAIL": "0", "MARBRE_SPONSORSHIP_BURST": "0",
                                       "MARBRE_SPONSORSHIP_PER_NETWORK": "0",
                                       **(environment or {})},
                     admin_port)
        server.folder = folder
        server.log_path = server.folder.with_name(server.folder.name + ".log")
        return server.start(patience)

    def start(self, patience=60):
        self.log = open(self.log_path, "ab")
        self.process = subprocess.Popen([self.program or binary(), *self.arguments], env=self.environment, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)
        wait_for(self.is_ready, f"the server to be ready; its log is {self.log_path}", patience)
        self.contract = Contract.of(requests.get(self.url + "/openapi.json", timeout=10).text)
        return self

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"marbre ended with {self.process.returncode}:\n{self.log_text()[-3000:]}")
        try:
            return requests.get(self.admin_url + "/readyz", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def log_text(self):
        return self.log_path.read_text(errors="replace")

    def client(self, role=None):
        """A client, logged in once a role and kept."""
        if role not in self.clients:
            self.clients[role] = Client(self, role)
        return self.clients[role]

    def ready_text(self):
        return requests.get(self.admin_url + "/readyz", timeout=5).text

    # ---- the private PostgreSQL beneath it

    @property
    def socket_folder(self):
        return self.folder / "postgres-socket"

    def database_url(self, role="marbre_server", database="marbre"):
        return f"postgresql://{role}@/{database}?host={self.socket_folder}"

    def sql(self, statement, role="marbre_owner", database="marbre"):
        """Runs SQL as the owner and returns what psql prints, unaligned and without headers. `marbre migrate` has told both
        roles where names are found."""
        done = subprocess.run([PSQL, "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.database_url(role, database)],
                              input=statement, text=True, capture_output=True, timeout=60)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def sql_session(self, database="marbre"):
        return SqlSession(self.database_url("marbre_owner", database))

    def postmaster(self):
        """The process id of PostgreSQL."""
        return int(self.sql("select pg_read_file('postmaster.pid')").split()[0])

    def serve_beside(self, program=None, **environment):
        """A `marbre serve` on the same database, as production runs it, with a worker and a connection of each class."""
        port, admin_port = free_port(), free_port()
        server = Server(["serve"], port, {
            "MARBRE_LISTEN": f"127.0.0.1:{port}", "MARBRE_ADMIN_LISTEN": f"127.0.0.1:{admin_port}",
            "MARBRE_WORKERS": "1", "MARBRE_READ_CONNECTIONS": "1", "MARBRE_WRITE_CONNECTIONS": "1", **CHEAP,
            "MARBRE_DATABASE_URL": self.database_url(),
            "MARBRE_JWT_KEYS_FILE": str(self.folder / "secrets/jwt_keys"), "MARBRE_DRAIN_SECONDS": "0",
            **environment}, admin_port)
        server.folder = self.folder
        server.log_path = self.folder.with_name(f"{self.folder.name}-serve-{port}.log")
        server.program = program
        return server.start()

    def account(self, *words, typed=None, **environment):
        """`marbre account …` on this server's database."""
        return run("account", *words, typed=typed, MARBRE_DATABASE_URL=self.database_url("marbre_owner"), **environment)

    def new_database(self, name, migrated=False):
        """An empty database in the same PostgreSQL, and the environment of commands that are to work on it."""
        self.sql(f'create database "{name}"', database="postgres")
        environment = {"MARBRE_DATABASE_URL": self.database_url(database=name),
                       "MARBRE_MIGRATE_DATABASE_URL": self.database_url("marbre_owner", name),
                       "MARBRE_JWT_KEYS_FILE": str(self.folder / "secrets/jwt_keys")}
        if migrated:
            done = run("migrate", **environment)
            assert done.returncode == 0, done.stderr
        return environment

    def make_account(self, email, role="contributor", password=PASSWORD):
        """A client that is logged in as a new account; with the usual password a copy of a dev account, which is quick."""
        if password == PASSWORD:
            self.sql(f"insert into accounts (id, email, name, role, password_hash) select '{uuid.uuid4()}', '{email}',"
                     f" '{email}', '{role}', password_hash from accounts where email = 'contributor@marbre.test'")
        else:
            made = self.account("add", email, "--role", role, typed=password + "\n")
            assert made.returncode == 0, made.stderr
        return Client(self, email=email, password=password)

    def stop(self, signal_number=signal.SIGTERM):
        """Ends it and returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
        status = self.process.wait(timeout=60)
        self.log.close()
        return status


class SqlSession:
    """A psql that stays open: to hold a lock while others come."""

    def __init__(self, url):
        self.psql = subprocess.Popen([PSQL, "-XAtq", "-d", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     text=True)

    def send(self, statement):
        """Runs it and returns when it is done."""
        self.psql.stdin.write(statement + "\n\\echo done\n")
        self.psql.stdin.flush()
        lines = []
        while (line := self.psql.stdout.readline().rstrip("\n")) != "done":
            lines.append(line)
        return lines

    def close(self):
        self.psql.stdin.close()
        self.psql.stdout.close()
        self.psql.wait(timeout=10)


# ---- bodies

def span(text, *marks):
    return {"_type": "span", "text": text, "marks": list(marks)}


def block(text, style="normal", **more):
    return {"_type": "block", "style": style, "children": [span(text)], **more}


def pullquote(text, attribution, role="statement", **more):
    return {"_type": "pullquote", "text": text, "attribution": attribution, "role": role, **more}


def table(rows, **more):
    return {"_type": "table", "rows": [{"cells": [{"content": [block(cell)]} for cell in row]} for row in rows], **more}
