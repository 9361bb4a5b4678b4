"""marbre beside itself: what validation costs against the parse, and whether a login tells who has an account."""
import http.client
import json
import os
import random
import statistics
import subprocess
import time

import marbre
from measure import ROOT, ROUNDS, SERVER_CORE, tell

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
        "MARBRE_WORKERS": "1", "MARBRE_HASH_PASSES": "2", "MARBRE_HASH_MEMORY_KIB": os.environ.get("HASH_MEMORY_KIB", "19456")})
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
