"""Speeds, each a ratio to another program's that was taken in the same round: `make bench`.

A round measures both programs, in turn; what is printed is the median of the rounds' ratios, with the smallest and the
largest. ROUNDS and SECONDS may be set. `bench.py wire delivery` runs these parts alone:

    wire        replies without a database, beside nginx: one pinned server thread, the load generator on the other core
    delivery    articles and lists out of PostgreSQL, beside pgbench with the same statements; deep pages, large newsrooms
                (SCALE, 1,000,000; more than 20,000); nothing pinned, since PostgreSQL and both load generators share two cores
    saving      saves of 6 KB by 8 clients, beside pgbench with the statements that the server sends
    process     memory after the start and after a load; from the start to the first answer
    validation  a body of 200 KB against jansson's parse of it
    sponsorship a thousand inquiries from fifty addresses, and an article's p99 under them beside that without them
    login       an address without an account against one with; with hashes of HASH_MEMORY_KIB (19456; with 1024 there is
                less in which a difference could hide)
    before      reads and saves beside those of an older binary, OLDER=…, each on SCALE articles of its own
"""
import pathlib
import shutil
import sys
import tempfile

import measure  # noqa: F401 (finds tests/lib)
from before import bench_before
from burst import bench_sponsorship
from delivery import bench_delivery
from itself import bench_login, bench_validation
from process import bench_process
from saving import bench_saving
from wire import bench_wire

PARTS = {"wire": bench_wire, "delivery": bench_delivery, "saving": bench_saving, "process": bench_process,
         "validation": bench_validation, "login": bench_login, "sponsorship": bench_sponsorship, "before": bench_before}


def main():
    for name in sys.argv[1:] or PARTS:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="marbre-bench-", dir="/tmp"))
        folder.chmod(0o755)
        try:
            PARTS[name](folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
