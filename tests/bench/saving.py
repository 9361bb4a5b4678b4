"""Saves of 6 KB by 8 clients, beside pgbench sending PostgreSQL the statements that the server sends for one."""
import json
import re
import statistics
import time

import marbre
from itself import article_of
from measure import cpu_seconds, pair
from pgbench import over_http, pgbench, postgres_pids, quoted

ARTICLES = 64
STAMP = "424242"  # stands in the body; each save writes another number there

SAVE = """
local ids = {%s}
local headers = {["Content-Type"] = "application/json", ["Authorization"] = "Bearer %s", ["If-Match"] = "*"}
local body = [==[%s]==]
request = function()
  local changed = body:gsub("%s", tostring(math.random(100000, 999999)))
  return wrk.format("PATCH", "/v1/desk/articles/" .. ids[math.random(#ids)], headers, changed)
end
"""


def sent_statements(server, log, act):
    """What PostgreSQL was asked while act() ran, in order: (text, values)."""
    server.sql("alter system set log_statement = 'all'; select pg_reload_conf()")
    time.sleep(1)
    start = log.stat().st_size
    act()
    server.sql("alter system reset log_statement; select pg_reload_conf()")
    text = log.read_bytes()[start:].decode()
    asked = re.findall(r"LOG:  execute \S+: (.*?)\n\S[^\n]*?DETAIL:  parameters: (.*?)\n(?=\S|$)", text, re.S)
    return [(re.sub(r"--[^\n]*", "", words).replace("\n\t", " "), re.findall(r"\$\d+ = (NULL|'(?:[^']|'')*')", values, re.S)) for words, values in asked]


def types_of(server, text):
    told = server.sql(f"prepare asked as {text};\nselect array_to_json(parameter_types::text[]) from pg_prepared_statements;")
    return json.loads(told)


def expression(value, kind, ids):
    if value == "NULL":
        return f"null::{kind}"
    value = value[1:-1].replace("''", "'").replace("\n\t", "\n")
    if value == ids[0]:
        return f"((array[{', '.join(map(quoted, ids))}])[:a])::{kind}"
    if STAMP in value:
        return f"replace({quoted(value)}, '{STAMP}', :stamp::text)::{kind}"
    return f"({quoted(value)})::{kind}"


def as_pgbench(server, statements, ids):
    """The same list as a script: one pipeline, one transaction, another article and another number each time."""
    lines = [f"\\set a random(1, {len(ids)})", "\\set stamp random(100000, 999999)", "\\startpipeline"]
    for text, values in statements:
        kinds = types_of(server, text)
        text = re.sub(r"'([^']*)'", lambda literal: quoted(literal[1]), text)
        lines.append(re.sub(r"\$(\d+)", lambda n: expression(values[int(n[1]) - 1], kinds[int(n[1]) - 1], ids), text) + ";")
    return "\n".join([*lines, "\\endpipeline"]) + "\n"


def long_saves(server, editor, article, blocks=5000, saves=10):
    """The longest body that is taken: how much CPU a save of it takes the server and PostgreSQL, and how long that is."""
    body = [marbre.block(f"Le paragraphe {n} dit une chose, et une seule, du fleuve et de la ville.") for n in range(blocks)]
    figures = []
    for n in range(saves):
        body[0]["children"][0]["text"] = f"Essai {n}."
        text = json.dumps({"body": body}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "If-Match": "*"}
        ours, its, began = cpu_seconds([server.process.pid]), cpu_seconds(postgres_pids(server)), time.perf_counter()
        reply = editor.session.patch(f"{server.url}/v1/desk/articles/{article}", text, headers=headers, timeout=60)
        took = time.perf_counter() - began
        assert reply.status_code == 200
        figures.append([1000 * seconds for seconds in (cpu_seconds([server.process.pid]) - ours,
                                                       cpu_seconds(postgres_pids(server)) - its, took)])
    print(f"a save of {blocks:,} blocks, {len(text):,} bytes, one at a time")
    for what, each in zip(("CPU of the server", "CPU of PostgreSQL", "until the answer has come"), zip(*figures)):
        print(f"  {what:34} {statistics.median(each):6.1f} ms   ({min(each):.1f} to {max(each):.1f})", flush=True)


def bench_saving(folder):
    server = marbre.Server.dev(folder / "data", "--empty", environment={"MARBRE_WORKERS": "1"})
    try:
        editor = server.client("editor")
        body = json.loads(article_of(6000))["body"]
        body[0]["children"][0]["text"] += " " + STAMP
        patch = json.dumps({"body": body}, ensure_ascii=False)
        ids = [editor.make_article(title=f"Récit {n}")["id"] for n in range(ARTICLES)]
        log = folder / "data/postgres.log"
        statements = sent_statements(server, log, lambda: editor.patch(f"/v1/desk/articles/{ids[0]}", {"body": body}, "*", 200))
        ours, theirs = folder / "save.lua", folder / "save.pgbench"
        theirs.write_text(as_pgbench(server, statements, ids))
        ours.write_text(SAVE % (", ".join(f'"{i}"' for i in ids), editor.grant["access_token"], patch, STAMP))

        pair(f"a save of {len(patch.encode()):,} bytes, 8 clients, against pgbench -c8 with the {len(statements)} statements of one",
             lambda: over_http(server, "", connections=8, script=ours), lambda: pgbench(server, theirs))
        long_saves(server, editor, ids[0])
    finally:
        server.stop()
