"""pgbench, with statements of ours: what PostgreSQL and its own load generator do without a server between them; and the
same asked of a server."""
import os
import re
import subprocess
import time

from measure import ALL_CORES, ROOT, SECONDS, cpu_seconds, measure


def postgres_pids(server):
    master = server.postmaster()
    children = subprocess.run(["pgrep", "-P", str(master)], capture_output=True, text=True).stdout.split()
    return [master, *map(int, children)]


def over_http(server, path, **options):
    """Requests a second, and µs of CPU of each, the server's and PostgreSQL's."""
    return measure(server.url + path, [server.process.pid, *postgres_pids(server)], cores=ALL_CORES, **options)


def quoted(value):
    """A literal. A colon before a word would be a variable of pgbench's, even in a literal."""
    return "'" + re.sub(r":(?=\w)", "'||chr(58)||'", value.replace("'", "''")) + "'"


def statement(name, **expressions):
    """A statement of the newsroom with an SQL expression for each parameter, null for those that are not given."""
    lines = (ROOT / f"src/newsroom/{name}.sql").read_text().splitlines()
    text = " ".join(re.sub(r"--.*", "", line) for line in lines)
    text = re.sub(r"'([^']*)'", lambda literal: quoted(literal[1]), text)
    return re.sub(r"(?<![:\w]):([a-z]\w*)", lambda parameter: expressions.get(parameter[1], "null"), text) + ";\n"


def pgbench(server, script, clients=8):
    """Transactions a second, and µs of CPU of each, PostgreSQL's and pgbench's."""
    environment = {**os.environ, "PGOPTIONS": "-c jit=off"}
    run = subprocess.Popen(["taskset", "-c", ALL_CORES, "pgbench", "-n", "-M", "prepared", f"-c{clients}", "-j1",
                            f"-T{SECONDS}", "-f", str(script), server.database_url()],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    time.sleep(0.5)
    pids = [run.pid, *postgres_pids(server)]
    before, began = cpu_seconds(pids), time.monotonic()
    time.sleep(max(SECONDS - 1.0, 1))
    spent, seconds = cpu_seconds(pids) - before, time.monotonic() - began
    text, errors = run.communicate()
    assert "tps" in text and not errors, errors
    rate = float(re.search(r"tps = ([\d.]+)", text)[1])
    return rate, spent / seconds / rate * 1e6
