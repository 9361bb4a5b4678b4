"""Functions, triggers and types as the tree has them, and as a database has them.

    tree = catalog.tree()                   what stands in migrations/ and in the folders called definitions
    there = catalog.of(server)              what PostgreSQL runs
    catalog.drawing(there)                  which table's write fires what, and what that writes in turn
"""
import collections
import dataclasses
import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]


def definition_files():
    return sorted([*ROOT.glob("src/*/definitions/*.sql"), *ROOT.glob("src/*/*/definitions/*.sql")])


def migration_files():
    return sorted(ROOT.glob("migrations/*.sql"))


@dataclasses.dataclass(frozen=True, order=True)
class Function:
    of_set: bool  # of the set of definitions; else of the migrations
    name: str
    body: str


@dataclasses.dataclass(frozen=True, order=True)
class Trigger:
    name: str
    table: str


@dataclasses.dataclass
class Catalog:
    functions: list
    triggers: list
    types: list
    definitions: dict = dataclasses.field(default_factory=dict)  # of triggers, as PostgreSQL writes them


FUNCTION = re.compile(r"^create function (\w+)\(.*?\$(\w*)\$(.*?)\$\2\$", re.M | re.S | re.I)
TRIGGER = re.compile(r"^create (?:or replace )?trigger (\w+)\s.*?\son (\w+)", re.M | re.S | re.I)
TYPE = re.compile(r"^create (?:type|domain) (\w+)", re.M | re.I)


def tree():
    found = Catalog([], [], [])
    for path in [*migration_files(), *definition_files()]:
        text, of_set = path.read_text(), path.parent.name == "definitions"
        found.functions += [Function(of_set, name, body) for name, _, body in FUNCTION.findall(text)]
        found.triggers += [Trigger(*pair) for pair in TRIGGER.findall(text)]
        found.types += TYPE.findall(text)
    return found


OURS = """
set search_path = '';
with ours as (select n.oid, n.nspname <> 'marbre' as of_set from pg_namespace n
               where n.nspname = 'marbre' or n.nspname in (select name from marbre.definition_sets order by applied_at desc limit 1)),
     of_extensions as (select objid from pg_depend where deptype = 'e')
select json_build_object(
    'functions', (select json_agg(json_build_array(o.of_set, p.proname, p.prosrc))
                    from pg_proc p join ours o on o.oid = p.pronamespace where p.oid not in (select objid from of_extensions)),
    'triggers', (select json_agg(json_build_array(t.tgname, c.relname, pg_get_triggerdef(t.oid)))
                   from pg_trigger t join pg_class c on c.oid = t.tgrelid join ours o on o.oid = c.relnamespace where not t.tgisinternal),
    'types', (select json_agg(t.typname)
                from pg_type t join ours o on o.oid = t.typnamespace left join pg_class c on c.oid = t.typrelid
               where t.typelem = 0 and coalesce(c.relkind, 'c') = 'c' and t.typtype <> 'b' and t.oid not in (select objid from of_extensions)))
"""


def of(server):
    there = json.loads(server.sql(OURS))
    return Catalog([Function(*row) for row in there["functions"]], [Trigger(name, table) for name, table, _ in there["triggers"]],
                   there["types"], {Trigger(name, table): text for name, table, text in there["triggers"]})


# ---- what a write fires

WHEN = re.compile(r"CREATE (?:CONSTRAINT )?TRIGGER \S+ (BEFORE|AFTER) (.*?) ON \S+ .*?FOR EACH (ROW|STATEMENT) .*?EXECUTE FUNCTION (?:\w+\.)?(\w+)\(",
                  re.S)


def writes(there, name, seen=None):
    """The tables that a function writes, itself or through functions that it calls, as far as its text tells."""
    bodies = {function.name: re.sub(r"--.*", "", function.body) for function in there.functions}
    seen = set() if seen is None else seen
    if name in seen or name not in bodies:
        return set()
    seen.add(name)
    written = set(re.findall(r"\b(?:insert\s+into|delete\s+from|(?<!for )(?<!do )update)\s+(?:only\s+)?(\w+)", bodies[name], re.I))
    if re.search(r"'\s*(?:insert\s+into|delete\s+from|update)\s+%", bodies[name], re.I):
        written.add("a table whose name it makes")
    for called in set(re.findall(r"\b(\w+)\s*\(", bodies[name])) & set(bodies):
        written |= writes(there, called, seen)
    return written - {"set", "of", "skip", "nowait"}


def drawing(there):
    """A line a trigger, under its table, in the order in which PostgreSQL runs them: when, by which function, and the tables
    that it writes."""
    by_table = collections.defaultdict(list)
    for trigger, text in there.definitions.items():
        when, events, each, function = WHEN.match(text).groups()
        order = when == "AFTER", (each == "ROW") == (when == "BEFORE"), trigger.name
        told = f"{when} {events}".lower() + (", each row" if each == "ROW" else "")
        by_table[trigger.table].append((order, told, function, sorted(writes(there, function))))
    lines = []
    for table in sorted(by_table):
        lines.append(table)
        for _, when, function, written in sorted(by_table[table]):
            lines.append(f"    {when:<43} {function}{' → ' + ', '.join(written) if written else ''}")
    return "\n".join(lines) + "\n"
