"""The way of a reply without a database: beside nginx, and what it costs by itself."""
import http.client
import os
import pathlib
import re
import resource
import socket
import subprocess
import time

import marbre
from measure import ROOT, measure, pair, pin, wrk

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


def bench_wire(folder):
    server = marbre.Server.dev(folder / "data", "--empty", environment={"MARBRE_WORKERS": "1"})
    try:
        bench_http(server, folder)
        print("one request for six kilobytes")
        bench_costs(folder)
        bench_idle(folder)
    finally:
        server.stop()
