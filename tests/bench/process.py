"""The process: its memory after the start and after a load, and how long it takes from the start to the first answer."""
import pathlib
import re
import statistics
import time

import requests

import marbre
from measure import ALL_CORES, PRODUCTION, ROUNDS, wrk


def resident(server):
    text = pathlib.Path(f"/proc/{server.process.pid}/smaps_rollup").read_text()
    return int(re.search(r"Rss:\s+(\d+)", text)[1]) / 1024


def bench_process(folder):
    dev = marbre.Server.dev(folder / "data")
    try:
        [slug] = dev.sql("select slug from article_slugs join publications using (article_id) limit 1").split()
        starts, before, after = [], [], []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            server = dev.serve_beside(**PRODUCTION)
            try:
                assert requests.get(f"{server.url}/v1/articles/{slug}", timeout=5).status_code == 200
                starts.append((time.perf_counter() - began) * 1000)
                before.append(resident(server))
                wrk(f"{server.url}/v1/articles/{slug}", cores=ALL_CORES)
                wrk(f"{server.url}/v1/articles", cores=ALL_CORES)
                after.append(resident(server))
            finally:
                server.stop()
        print("the process of `marbre serve`, two workers")
        for what, figures, unit in (("from the start to the first 200", starts, "ms, looked for every 20 ms"),
                                    ("memory after the start", before, "MiB"), ("memory after a load of two kinds", after, "MiB")):
            print(f"  {what:34} {statistics.median(figures):6.1f} {unit}   ({min(figures):.1f} to {max(figures):.1f})", flush=True)
    finally:
        dev.stop()
