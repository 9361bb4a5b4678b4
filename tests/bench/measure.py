"""What every part of the bench measures with: CPU of processes, a load generator, ratios of what was taken in one round."""
import os
import pathlib
import re
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lib"))
os.environ["MARBRE_BINARY"] = str(ROOT / "build/bench/marbre")

# As in production, but for how much one caller may ask: a load generator is one.
UNLIMITED = {f"MARBRE_RATE_{name}": "0" for name in ("READ", "DESK", "LOGIN", "FORM", "FORM_ALL")}
PRODUCTION = {"MARBRE_WORKERS": "2", "MARBRE_READ_CONNECTIONS": "0", "MARBRE_WRITE_CONNECTIONS": "4", **UNLIMITED}

ROUNDS, SECONDS = int(os.environ.get("ROUNDS", 5)), int(os.environ.get("SECONDS", 3))
SERVER_CORE, LOAD_CORE, ALL_CORES = "0", "1", "0-1"


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
        except FileNotFoundError:  # a backend that has ended
            continue
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def wrk(url, *headers, connections=64, script=None, cores=LOAD_CORE):
    """Requests a second and how many there were; every one must have been answered with 2xx or 3xx."""
    options = [word for header in headers for word in ("-H", header)] + (["-s", str(script)] if script else [])
    text = subprocess.run(["taskset", "-c", cores, "wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", *options, url],
                          capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in text and "Socket errors" not in text, text
    return float(re.search(r"Requests/sec:\s*([\d.]+)", text)[1]), int(re.search(r"(\d+) requests in", text)[1])


def measure(url, pids, *headers, **options):
    """Requests a second, and µs of CPU of each, of these processes."""
    before = cpu_seconds(pids)
    rate, count = wrk(url, *headers, **options)
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
    print(title, flush=True)
    ours(), theirs()
    rounds = [(ours(), theirs()) for _ in range(ROUNDS)]
    tell("requests/s, more is better", [a[0] for a, _ in rounds], [b[0] for _, b in rounds])
    tell("CPU µs a request, less is better", [a[1] for a, _ in rounds], [b[1] for _, b in rounds])
