"""Speeds, each a ratio to another program's that was taken in the same round: `make bench`.

One pinned server thread on the first core, the load generator on the second. A round measures both programs, in turn; what is
printed is the median of the rounds' ratios, with the smallest and the largest. ROUNDS and SECONDS may be set. Two parts
compare marbre with itself; `bench.py validation` or `bench.py login` runs one of them alone, the latter with hashes of
HASH_MEMORY_KIB (19456; with 1024 there is less in which a difference could hide).
"""
import http.client
import json
import os
import pathlib
import random
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lib"))
os.environ["MARBRE_BINARY"] = str(ROOT / "build/bench/marbre")

import marbre  # noqa: E402

ROUNDS, SECONDS = int(os.environ.get("ROUNDS", 5)), int(os.environ.get("SECONDS", 3))
SERVER_CORE, LOAD_CORE = "0", "1"


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
        except FileNotFoundError:  # a backend that has ended
            continue
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def wrk(url, *headers, connections=64):
    """Requests a second and how many there were; every one must have been answered with 2xx or 3xx."""
    options = [word for header in headers for word in ("-H", header)]
    text = subprocess.run(["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", *options, url],
                          capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in text and "Socket errors" not in text, text
    return float(re.search(r"Requests/sec:\s*([\d.]+)", text)[1]), int(re.search(r"(\d+) requests in", text)[1])


def measure(url, pids, *headers):
    before = cpu_seconds(pids)
    rate, count = wrk(url, *headers)
    return rate, (cpu_seconds(pids) - before) / count * 1e6


def pin(pids):
    for pid in pids:
        subprocess.run(["taskset", "-a", "-p", "-c", SERVER_CORE, str(pid)], check=True, capture_output=True)


def tell(what, ours, theirs):
    """Two lists of one figure each round."""
    ratios = [a / b for a, b in zip(ours, theirs)]
    print(f"  {what:34} {statistics.median(ratios):6.2f} ×   ({min(ratios):.2f} to {max(ratios):.2f};"
          f" {statistics.median(ours):,.1f} against {statistics.median(theirs):,.1f})", flush=True)


def pair(title, ours, theirs):
    """Each of the two gives (requests/s, µs of CPU a request); a first round warms up and is not counted."""
    print(title)
    ours(), theirs()
    rounds = [(ours(), theirs()) for _ in range(ROUNDS)]
    tell("requests/s, more is better", [a[0] for a, _ in rounds], [b[0] for _, b in rounds])
    tell("CPU µs a request, less is better", [a[1] for a, _ in rounds], [b[1] for _, b in rounds])


NGINX = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log {folder}/access.log combined buffer=64k flush=1s; sendfile on; tcp_nopush on; keepalive_requests 100000000;
  open_file_cache max=100; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""


class Nginx:
    """nginx with one worker, serving the same bytes from a file, with a buffered access log."""

    def __init__(self, folder):
        self.port = marbre.free_port()
        folder.mkdir()
        folder.chmod(0o755)
        (folder / "asset").write_bytes(b"x" * 6144)
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=self.port))
        self.process = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)],
                                        stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{self.port}/asset"
        marbre.wait_for(self.workers, "nginx")
        time.sleep(0.3)

    def workers(self):
        return [int(pid) for pid in subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True,
                                                   text=True).stdout.split()]

    def stop(self):
        self.process.terminate()
        self.process.wait()


def bench_http(server, folder):
    """The way of a reply through http and api, without a database: 6 KB, every header check and the log on."""
    nginx = Nginx(folder / "nginx")
    try:
        ours, theirs = [server.process.pid], nginx.workers()
        pin(ours + theirs)
        asset = server.url + "/bench/asset"
        pair("6 KB, keep-alive, against nginx with the same bytes in a file",
             lambda: measure(asset, ours), lambda: measure(nginx.url, theirs))
        import requests
        own_tag = "If-None-Match: " + requests.get(asset, timeout=5).headers["ETag"]
        its_tag = "If-None-Match: " + requests.get(nginx.url, timeout=5).headers["ETag"]
        pair("304, against nginx's",
             lambda: measure(asset, ours, own_tag), lambda: measure(nginx.url, theirs, its_tag))
    finally:
        nginx.stop()


def counted(tool, pattern, folder, requests, fields):
    """What valgrind's tool counts while a server answers so many requests, its start included."""
    port = marbre.free_port()
    log = folder / f"{tool}-{requests}.txt"
    process = subprocess.Popen(
        ["valgrind", f"--tool={tool}", *(["--callgrind-out-file=/dev/null"] if tool == "callgrind" else [])]
        + [str(ROOT / "build/bench/marbre"), "dev", "--listen", f"127.0.0.1:{port}", "--data", str(folder / "counted"), "--empty"],
        stderr=open(log, "w"), stdout=subprocess.DEVNULL, env={**os.environ, "MARBRE_WORKERS": "1"})
    marbre.wait_for(lambda: marbre.answers(port), "the server under valgrind", 120)
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for _ in range(requests):
        connection.request("GET", "/bench/asset", headers=fields)
        connection.getresponse().read()
    connection.close()
    process.terminate()
    process.wait()
    return int(re.search(pattern, log.read_text())[1].replace(",", ""))


def bench_costs(folder):
    """What does not depend on the machine's mood: instructions and allocations a request, from the difference of two runs."""
    few, many = 200, 2200
    for what, tool, pattern in (("instructions", "callgrind", r"Collected : (\d+)"),
                                ("allocations", "memcheck", r"total heap usage: ([\d,]+) allocs")):
        for reply, fields in (("200", {}), ("304", {"If-None-Match": "*"})):
            counted(tool, pattern, folder, 10, fields)  # makes the cluster, so that both runs start alike
            spent = counted(tool, pattern, folder, many, fields) - counted(tool, pattern, folder, few, fields)
            print(f"  {f'{what}, {reply}':34} {spent / (many - few):,.2f}", flush=True)


def bench_idle(folder, count=10000):
    """What a connection that waits costs: resident memory of the server with and without them."""
    server = marbre.Server.dev(folder / "idle", "--empty", environment={
        "MARBRE_WORKERS": "1", "MARBRE_CONNECTIONS_PER_ADDRESS": "0", "MARBRE_CONNECTIONS_MAX": str(count + 100)})
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)

    def resident():
        text = pathlib.Path(f"/proc/{server.process.pid}/smaps_rollup").read_text()
        return int(re.search(r"Rss:\s+(\d+)", text)[1]) * 1024

    try:
        wrk(server.url + "/bench/asset")
        before, connections = resident(), []
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", server.port))
            connection.sendall(b"GET /bench/asset HTTP/1.1\r\nHost: a\r\n\r\n")
            connections.append(connection)
        for connection in connections:
            left = 6144
            while left > 0:
                left -= len(connection.recv(65536))
        time.sleep(1)
        print(f"  {'bytes an idle connection':34} {(resident() - before) / count:,.0f}   (of {count:,} that had asked once)")
    finally:
        for connection in connections:
            connection.close()
        server.stop()


def postgres_pids(server):
    master = server.postmaster()
    children = subprocess.run(["pgrep", "-P", str(master)], capture_output=True, text=True).stdout.split()
    return [master, *map(int, children)]


def bench_article(server, folder):
    """An article by its slug over HTTP, without a cache, against pgbench running the very same statement."""
    slugs = server.sql("select string_agg(slug, ' ') from article_slugs s join publications p using (article_id)").split()
    statement = (ROOT / "src/newsroom/articles/read.sql").read_text()
    lines = [line for line in statement.splitlines() if not line.startswith("--")]
    statement = " ".join(lines).replace(":query_body", "'blocks'").replace(":config_article_url", "'{slug}'")
    script = folder / "read.pgbench"
    script.write_text(statement.replace(":path_slug", repr(slugs[0])) + ";\n")
    url = f"{server.url}/v1/articles/{slugs[0]}"
    ours = [server.process.pid]

    def pgbench():
        environment = {**os.environ, "PGOPTIONS": "-c search_path=marbre,pg_catalog"}
        run = subprocess.Popen(["taskset", "-c", LOAD_CORE, "pgbench", "-n", "-M", "prepared", "-c8", "-j1",
                                f"-T{SECONDS}", "-f", str(script), server.database_url()],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        time.sleep(0.5)
        pids = [run.pid, *postgres_pids(server)]
        before, began = cpu_seconds(pids), time.monotonic()
        time.sleep(max(SECONDS - 1.0, 1))
        spent, seconds = cpu_seconds(pids) - before, time.monotonic() - began
        text, errors = run.communicate()
        assert "tps" in text, errors
        rate = float(re.search(r"tps = ([\d.]+)", text)[1])
        return rate, spent / seconds / rate * 1e6

    def over_http():
        pids = ours + postgres_pids(server)
        before = cpu_seconds(pids)
        rate, count = wrk(url, connections=16)
        return rate, (cpu_seconds(pids) - before) / count * 1e6

    pair("one article by slug, uncached, against pgbench -M prepared -c8 with the same statement (CPU: with PostgreSQL's)",
         over_http, pgbench)


# ---- marbre beside itself

def article_of(size):
    """The text of an article as desks write them, of so many bytes."""
    words = "la visite du président dans l’Orvance s’est achevée sans qu’un mot fût dit de ce que chacun était venu entendre".split()
    chance, body = random.Random(7), []
    while len(json.dumps(body, ensure_ascii=False).encode()) < size:
        for n in range(20):
            text = " ".join(chance.choice(words) for _ in range(60))
            spans = [marbre.span(text), marbre.span(" et, plus loin, "), marbre.span("ceci", "strong"), marbre.span(".")]
            body.append({"_type": "block", "style": "normal", "children": spans} if n % 10 else marbre.block(text[:80], "h2"))
        body.append(marbre.pullquote("Nous ne signons rien.", "Le porte-parole"))
        body.append(marbre.table([["Année", "Milliards"], ["2019", "5"], ["2025", "38"]], header_rows=1))
    return json.dumps({"title": "Un long récit", "sections": ["politique"], "body": body}, ensure_ascii=False)


def bench_validation(folder):
    """Checking by the contract's schema and reading the blocks (checked, made regular, as HTML and as text), each beside
    jansson's parse of the same text."""
    (folder / "article.json").write_text(article_of(200_000))
    lines = subprocess.run(["taskset", "-c", SERVER_CORE, str(ROOT / "build/bench/bench_validation"), str(folder / "article.json"),
                            str(40 * ROUNDS + 10)], capture_output=True, text=True, check=True).stdout.split("\n")
    parse, schema, content = zip(*(map(int, line.split()) for line in lines[10:] if line))
    print(f"validation of a {(folder / 'article.json').stat().st_size // 1000} KB body: time against the parse (µs)")
    tell("schema_check, less is better", schema, parse)
    tell("content_body_read, less is better", content, parse)


def told_apart(ones, others):
    """The area under the ROC curve: how often the greater of one of each is of the others; 0.5 is a coin's."""
    ranked = sorted([(value, 0) for value in ones] + [(value, 1) for value in others])
    ranks = {}
    for rank, (value, _) in enumerate(ranked, 1):
        ranks.setdefault(value, []).append(rank)
    total = sum(statistics.mean(ranks[value]) for value in others)
    return (total - len(others) * (len(others) + 1) / 2) / (len(ones) * len(others))


def bench_login(folder, accounts=200, tries=5):
    """A wrong password for an address with an account and for one without, in turns; no address so often that it rests."""
    server = marbre.Server.dev(folder / "login", "--empty", environment={
        "MARBRE_WORKERS": "1", "MARBRE_HASH_MEMORY_KIB": os.environ.get("HASH_MEMORY_KIB", "19456")})
    try:
        server.sql("insert into accounts (id, email, name, role, password_hash) select gen_random_uuid(), 'known-' || n ||"
                   f" '@marbre.test', 'x', 'editor', password_hash from accounts, generate_series(1000, {999 + accounts}) n"
                   " where email = 'editor@marbre.test'")
        connection, samples = http.client.HTTPConnection("127.0.0.1", server.port), {"known": [], "ghost": []}

        def sample(kind, n):
            body = json.dumps({"email": f"{kind}-{n}@marbre.test", "password": "not the password"})
            began = time.perf_counter()
            connection.request("POST", "/v1/auth/login", body, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            reply.read()
            samples[kind].append((time.perf_counter() - began) * 1e6)
            assert reply.status == 401

        for warm in range(20):
            sample("ghost", f"warm-{warm}")
        samples = {"known": [], "ghost": []}
        for _ in range(tries):
            for n in random.sample(range(1000, 1000 + accounts), accounts):
                for kind in random.sample(list(samples), 2):
                    sample(kind, n)
    finally:
        server.stop()
    print("the same time for an unknown account: a wrong password, in µs")
    for kind, name in (("known", "an account that there is"), ("ghost", "none")):
        cut = statistics.quantiles(samples[kind], n=10)
        print(f"  {name:34} {statistics.median(samples[kind]):,.0f}   (10th to 90th percentile {cut[0]:,.0f} to {cut[8]:,.0f};"
              f" {len(samples[kind]):,} samples)")
    print(f"  {'ratio of the medians':34} {statistics.median(samples['ghost']) / statistics.median(samples['known']):.4f}")
    print(f"  {'area under the ROC curve':34} {told_apart(samples['known'], samples['ghost']):.3f}   (0.5: not told apart)", flush=True)


def bench_servers(folder):
    server = marbre.Server.dev(folder / "data", environment={"MARBRE_WORKERS": "1", "MARBRE_HASH_MEMORY_KIB": "19456"})
    try:
        bench_http(server, folder)
        bench_article(server, folder)
        print("one request for six kilobytes")
        bench_costs(folder)
        bench_idle(folder)
    finally:
        server.stop()


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="marbre-bench-", dir="/tmp"))
    folder.chmod(0o755)
    parts = {"validation": bench_validation, "login": bench_login}
    try:
        if not sys.argv[1:]:
            bench_servers(folder)
        for name in sys.argv[1:] or parts:
            parts[name](folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
