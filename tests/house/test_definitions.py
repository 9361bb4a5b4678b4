"""What runs is what stands in the tree: functions, triggers and types, each once."""
import re
import subprocess

import pytest

import catalog
import marbre


@pytest.fixture(scope="module")
def there(server):
    return catalog.of(server)


def test_each_function_stands_once_in_the_tree_and_is_what_postgresql_runs(there):
    tree = catalog.tree()
    assert sorted(function.name for function in tree.functions) == sorted({function.name for function in tree.functions})
    assert len(tree.functions) > 10
    stands, runs = set(tree.functions), set(there.functions)
    assert len(runs) == len(there.functions)
    assert not stands - runs, f"stand in the tree, and do not run so: {sorted((f.of_set, f.name) for f in stands - runs)}"
    assert not runs - stands, f"run, and do not stand in the tree so: {sorted((f.of_set, f.name) for f in runs - stands)}"


def test_the_first_grep_for_a_function_finds_the_one_definition(there):
    for function in there.functions:
        found = subprocess.run(["grep", "-rnwE", f"function {function.name}", "migrations", "src"], cwd=marbre.ROOT,
                               capture_output=True, text=True).stdout.splitlines()
        found = [line for line in found if f"execute function {function.name}" not in line]
        assert len(found) == 1 and f":create function {function.name}(" in found[0], found


def test_each_trigger_and_each_type_stands_once_in_the_tree_and_is_there(there):
    tree = catalog.tree()
    assert sorted(tree.triggers) == sorted(there.triggers)
    assert sorted(tree.types) == sorted(there.types)


def test_nothing_of_a_set_keeps_a_column_from_changing(server):
    """A view, `update of`, `when`, and a body that is parsed at once (`begin atomic`) would: a migration could not touch the column."""
    rests = server.sql("""
        with own as (select name::regnamespace as schema from definition_sets order by applied_at desc limit 1),
             ours as (select 'pg_proc'::regclass as class, oid from pg_proc, own where pronamespace = schema
                      union all select 'pg_trigger'::regclass, t.oid from pg_trigger t join pg_proc p on p.oid = t.tgfoid, own where p.pronamespace = schema
                      union all select 'pg_type'::regclass, oid from pg_type, own where typnamespace = schema
                      union all select 'pg_rewrite'::regclass, r.oid from pg_rewrite r join pg_class c on c.oid = r.ev_class, own where c.relnamespace = schema)
        select pg_describe_object(d.classid, d.objid, d.objsubid) || ' rests on ' || pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid)
          from pg_depend d join ours o on o.class = d.classid and o.oid = d.objid
         where d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0""")
    assert rests == ""
    kinds = server.sql("select distinct c.relkind from pg_class c, definition_sets s where c.relnamespace in (s.name::regnamespace, 'marbre'::regnamespace)"
                       " and c.relkind in ('v', 'm') or c.relnamespace = s.name::regnamespace and c.relkind <> 'c'")
    assert kinds == "", "no view, and no table, sequence or index among definitions"


def test_what_a_write_fires_is_drawn_as_it_is(there):
    drawn = catalog.drawing(there)
    print(drawn)
    told = re.search(r"^## What a write fires\n.*?^```\n(.*?)^```", (marbre.ROOT / "migrations/README.md").read_text(), re.M | re.S)
    assert told and told.group(1) == drawn, f"migrations/README.md should draw:\n{drawn}"


def test_the_readme_has_a_row_for_each_migration():
    rows = re.findall(r"^\| `(\d{4}_\w+)` \|", (marbre.ROOT / "migrations/README.md").read_text(), re.M)
    assert rows == sorted(path.stem for path in (marbre.ROOT / "migrations").glob("*.sql"))
