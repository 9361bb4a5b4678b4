"""A burst of inquiries, and what readers wait meanwhile."""
import concurrent.futures
import json
import multiprocessing
import os
import re
import socket
import statistics
import time

import marbre
from measure import ROUNDS, tell


class Wire:
    """A connection that stays, and asks without a library's cost."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.reply = b""

    def ask(self, head, body=b""):
        """Status and body."""
        self.socket.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body if body else head + b"\r\n")
        while b"\r\n\r\n" not in self.reply:
            self.reply += self.socket.recv(65536)
        fields, rest = self.reply.split(b"\r\n\r\n", 1)
        length = int(re.search(rb"Content-Length: (\d+)", fields)[1])
        while len(rest) < length:
            rest += self.socket.recv(65536)
        self.reply = rest[length:]
        return int(fields[9:12]), rest[:length]


def burst_of(port, number, posts=1000, addresses=50):
    """What a thousand posts of a burst are, and among them one of a person; each has a token already."""
    def ask_for(address):
        return b"GET /v1/sponsorship-options HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: %s\r\n" % address

    wire, made = Wire(port), []
    for n in range(posts + 1):
        real = n == posts // 2
        address = b"203.0.113.%d" % (number + 1) if real else b"198.18.%d.%d" % (number, n % addresses)
        token = json.loads(wire.ask(ask_for(address))[1])["form_token"]
        body = {"name": "Aïcha Benali" if real else f"Offer {n}", "email": f"{'real' if real else 'spam'}-{number}-{n}@example.org",
                "kind": "newsletter", "message": "Nous aimerions parrainer la lettre." if real else f"Cheap followers {number} {n}, write back.",
                "consent": True, "form_token": token}
        made.append((b"POST /v1/sponsorship-inquiries HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Forwarded-For: "
                     + address + b"\r\n", json.dumps(body).encode()))
    return made


def send_burst(port, made, results, senders=8):
    """In a process of its own, behind whoever measures."""
    os.nice(10)

    def send(part):
        wire = Wire(port)
        return [wire.ask(*post)[0] for post in part]

    began = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(senders) as pool:
        statuses = [status for part in pool.map(send, [made[n::senders] for n in range(senders)]) for status in part]
    results.put((statuses, time.perf_counter() - began))


def read_while(port, slug, goes_on):
    """Microseconds of each read of an article, one every few milliseconds, as long as it goes on."""
    wire, taken = Wire(port), []
    head = f"GET /v1/articles/{slug} HTTP/1.1\r\nHost: x\r\n".encode()
    while goes_on():
        began = time.perf_counter()
        status, _ = wire.ask(head)
        taken.append((time.perf_counter() - began) * 1e6)
        assert status == 200
        time.sleep(0.002)
    return taken


def bench_sponsorship(folder):
    """A thousand inquiries from fifty addresses, as fast as eight connections send them, and what readers wait meanwhile."""
    server = marbre.Server.dev(folder / "burst", environment={
        "MARBRE_WORKERS": "1", "MARBRE_TRUSTED_PROXIES": "127.0.0.1", "MARBRE_RATE_FORM": "20/3600", "MARBRE_RATE_FORM_ALL": "0",
        "MARBRE_SPONSORSHIP_PER_EMAIL": "5/86400", "MARBRE_SPONSORSHIP_BURST": "30/600", "MARBRE_SPONSORSHIP_PER_NETWORK": "5/600"})
    try:
        slug = server.sql("select slug from article_slugs s join publications p using (article_id) limit 1")
        quiet, busy, seconds, statuses = [], [], [], []
        for number in range(ROUNDS + 1):  # the first warms up
            made, results = burst_of(server.port, number), multiprocessing.Queue()
            sender = multiprocessing.Process(target=send_burst, args=(server.port, made, results))
            sender.start()
            under = read_while(server.port, slug, lambda: results.empty())
            told, spent = results.get()
            sender.join()
            time.sleep(0.5)
            end = time.monotonic() + max(spent, 1)
            without = read_while(server.port, slug, lambda: time.monotonic() < end)
            real = server.sql(f"select status from sponsorship_inquiries where mailbox like 'real-{number}-%'")
            assert real in ("new", "spam"), "the one of a person is kept"
            if number:
                busy.append(statistics.quantiles(under, n=100)[98])
                quiet.append(statistics.quantiles(without, n=100)[98])
                seconds.append(spent)
                statuses += told
    finally:
        server.stop()
    print(f"a burst of 1,001 inquiries from 51 addresses, {statistics.median(seconds):.1f} s each: reading an article, in µs")
    tell("p99 under it, less is better", busy, quiet)
    counted = ", ".join(f"{statuses.count(status) // ROUNDS:,} × {status}" for status in sorted(set(statuses)))
    print(f"  {'answers to a burst':34} {counted}; the one of a person was kept each time", flush=True)
