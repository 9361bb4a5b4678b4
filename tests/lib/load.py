"""A steady, bounded load on a newsroom behind TLS, that knows what it was promised.

    load = Load(port, "root.crt", key)     readers and a writer, a few dozen requests a second
    with load.running():
        …                                  what may go wrong
    load.verify()                          looks for everything that was acknowledged
    load.take()                            the counts since the last time

Nothing is tried again: a read fails when its answer is not the 200 it should be, a write is acknowledged by its 2xx.
"""
import collections
import contextlib
import dataclasses
import http.client
import itertools
import json
import ssl
import threading
import time

READERS, READS_A_SECOND, WRITES_A_SECOND, PATIENCE_S = 4, 40, 4, 30


@dataclasses.dataclass
class Counts:
    reads: int = 0
    failed: list = dataclasses.field(default_factory=list)  # (when, what)
    writes: int = 0
    unanswered: list = dataclasses.field(default_factory=list)  # writes without a 2xx: nobody was promised anything
    lost: list = dataclasses.field(default_factory=list)
    slowest_s: float = 0


class Caller:
    """One connection, kept and made anew when it breaks."""

    def __init__(self, port, ca, key=None):
        self.port, self.key = port, key
        self.tls = ssl.create_default_context(cafile=ca)
        self.connection = None

    def ask(self, method, path, body=None, **headers):
        """The status and the text of the answer. Raises OSError or HTTPException where there is none."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.key:
            headers["Authorization"] = "Bearer " + self.key
        if body is not None:
            headers["Content-Type"] = "application/merge-patch+json" if method == "PATCH" else "application/json"
        try:
            if self.connection is None:
                self.connection = http.client.HTTPSConnection("localhost", self.port, timeout=PATIENCE_S, context=self.tls)
            self.connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            reply = self.connection.getresponse()
            return reply.status, reply.read().decode()
        except (OSError, http.client.HTTPException):
            if self.connection:
                self.connection.close()
            self.connection = None
            raise


class Load:
    def __init__(self, port, ca, key):
        self.port, self.ca, self.key = port, ca, key
        self.lock, self.counts = threading.Lock(), Counts()
        self.public = ["/v1/articles?limit=5", "/v1/sections"]  # what readers ask for
        self.acknowledged = collections.OrderedDict()  # id: what was promised of the article
        self.fresh = []  # of them, those that nobody has looked for yet
        self.numbers, self.stopping = itertools.count(1), threading.Event()

    # ---- readers

    def read(self, caller, path):
        began, wrong = time.monotonic(), None
        try:
            status, text = caller.ask("GET", path)
            if status != 200:
                wrong = f"{status} {text[:120]}"
            else:
                json.loads(text)
        except (OSError, http.client.HTTPException, ValueError) as error:
            wrong = f"{type(error).__name__}: {error}"
        ended = time.monotonic()
        with self.lock:
            self.counts.reads += 1
            self.counts.slowest_s = max(self.counts.slowest_s, ended - began)
            if wrong:
                self.counts.failed.append((ended, f"GET {path}: {wrong}"))

    def reader(self, number):
        caller = Caller(self.port, self.ca)
        for turn in itertools.count(number):
            if self.stopping.wait(READERS / READS_A_SECOND):
                return
            with self.lock:
                path = self.public[turn % len(self.public)]
            self.read(caller, path)

    # ---- the writer

    def write(self, caller, method, path, body, **headers):
        """The answer of a write that was acknowledged, else None."""
        try:
            status, text = caller.ask(method, path, body, **headers)
            if 200 <= status < 300:
                with self.lock:
                    self.counts.writes += 1
                return json.loads(text)
            wrong = f"{status} {text[:120]}"
        except (OSError, http.client.HTTPException) as error:
            wrong = f"{type(error).__name__}: {error}"
        with self.lock:
            self.counts.writes += 1
            self.counts.unanswered.append((time.monotonic(), f"{method} {path}: {wrong}"))
        return None

    def promise(self, article):
        self.fresh.append(article["id"])
        self.acknowledged[article["id"]] = {key: article[key] for key in ("slug", "title", "kicker", "version", "status")}

    def writer(self):
        """Writes an article, changes it, publishes it, and begins anew."""
        caller, article, step = Caller(self.port, self.ca, self.key), None, 0
        while not self.stopping.wait(1 / WRITES_A_SECOND):
            if article is None:
                title = f"Dépêche {next(self.numbers)} de {time.monotonic_ns()}"
                body = [{"_type": "block", "children": [{"_type": "span", "text": "Un paragraphe. " * 40}]}]
                article, step = self.write(caller, "POST", "/v1/desk/articles", {"title": title, "body": body}), 1
            else:
                path, match = f"/v1/desk/articles/{article['id']}", f'"v{article["version"]}"'
                if step == 1:
                    answer, step = self.write(caller, "PATCH", path, {"kicker": "Vu"}, If_Match=match), 2
                else:
                    answer, step = self.write(caller, "POST", path + "/publish", {}, If_Match=match), 0
                if answer is None:  # it may have been carried out or not: a story of its own
                    article = None
                    continue
                article = answer
            if article:
                self.promise(article)
            if article and step == 0:
                with self.lock:
                    self.public.append(f"/v1/articles/{article['slug']}")
                article = None

    # ---- all together

    @contextlib.contextmanager
    def running(self):
        self.stopping.clear()
        threads = [threading.Thread(target=self.reader, args=(n,)) for n in range(READERS)]
        threads.append(threading.Thread(target=self.writer))
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stopping.set()
            for thread in threads:
                thread.join()

    def verify(self, everything=False):
        """Looks for what was acknowledged since the last time, or ever: at the desk, and what was published, with readers."""
        desk, reader = Caller(self.port, self.ca, self.key), Caller(self.port, self.ca)
        wanted, self.fresh = dict.fromkeys(self.acknowledged if everything else self.fresh), []
        for id in wanted:
            promised = self.acknowledged[id]
            status, text = desk.ask("GET", f"/v1/desk/articles/{id}")
            there = json.loads(text) if status == 200 else {}
            # A write that was not acknowledged may have been carried out all the same: then there is a later version.
            kept = there.get("version", 0) > promised["version"] or all(there.get(key) == promised[key] for key in promised)
            if not kept:
                self.counts.lost.append(f"{id}: {status} {there and {key: there.get(key) for key in promised}}, promised {promised}")
            elif promised["status"] == "published" and reader.ask("GET", f"/v1/articles/{promised['slug']}")[0] != 200:
                self.counts.lost.append(f"{id}: readers do not get it")
            time.sleep(0.06)  # the desk takes 20 requests a second of a key

    def everything(self):
        """All that readers and the desk are told of the articles, to be compared."""
        desk, reader = Caller(self.port, self.ca, self.key), Caller(self.port, self.ca)

        def of(caller, path):  # a problem's document names its request
            status, text = caller.ask("GET", path)
            return (status, text if status == 200 else "")

        told = {}
        for id, promised in self.acknowledged.items():
            told[id] = of(desk, f"/v1/desk/articles/{id}"), of(reader, f"/v1/articles/{promised['slug']}?body=html")
            time.sleep(0.06)
        return told

    def take(self):
        with self.lock:
            counts, self.counts = self.counts, Counts()
        return counts
