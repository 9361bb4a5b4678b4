"""A statement's comment tells the truth: whom it serves, and on which index it rests."""
import collections
import re

import pytest

import catalog
import marbre

WORD = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
PATH = re.compile(r"\b[a-z_]+/[a-z_]+\b")
# What the server itself puts around the statements of others, or runs when its time has come.
SURROUNDS = ("auth/", "idempotency/", "audit/record", "jobs/")
PLACEHOLDER = re.compile(r"(?<![:\w]):([a-z_0-9]+)")


def statements():
    """By name: the opening comment in one line, and the text."""
    found = {}
    for path in sorted([*marbre.ROOT.glob("src/newsroom/*/*.sql"), *marbre.ROOT.glob("src/auth/*.sql")]):
        if path.parent.name == "definitions":
            continue
        text = path.read_text()
        comment = re.match(r"(?:--.*\n)*", text)[0]
        found[f"{path.parent.name}/{path.stem}"] = re.sub(r"\s*\n?-- *", " ", comment).strip(), text[len(comment):]
    return found


@pytest.fixture(scope="module")
def operations(server):
    return {operation["operationId"]: {"method": method, **operation}
            for item in server.contract.spec["paths"].values() for method, operation in item.items()}


@pytest.fixture(scope="module")
def serves(operations):
    """The operations that run a statement, by its name."""
    found = collections.defaultdict(set)
    for name, operation in operations.items():
        for statement in operation["x-marbre"].get("statements", []):
            found[statement].add(name)
    return found


@pytest.fixture(scope="module")
def indexes(server):
    """The tables of indexes, by name; and the names of all else that the schema has."""
    rows = server.sql("select i.indexrelid::regclass, i.indrelid::regclass from pg_index i join pg_class c on c.oid = i.indrelid"
                      " where c.relnamespace = 'marbre'::regnamespace").splitlines()
    return dict(row.split("|") for row in rows)


def test_each_opens_with_a_sentence():
    assert len(statements()) > 90
    assert not [name for name, (comment, _) in statements().items() if not re.match(r"\w.*\.", comment)]


def test_what_a_comment_names_is_there(server, operations, indexes):
    names = set(operations) | set(indexes) | set(server.sql(
        "select relname from pg_class where relnamespace = 'marbre'::regnamespace union"
        " select attname from pg_attribute join pg_class c on c.oid = attrelid where c.relnamespace = 'marbre'::regnamespace").split())
    unknown = {name: unknown for name, (comment, _) in statements().items()
               if (unknown := [word for word in WORD.findall(PATH.sub("", comment)) if word not in names]
                   + [path for path in PATH.findall(comment) if path not in statements()])}
    assert not unknown


def serves_many(comment, methods):
    """Whether a comment says what the operations have in common, and they have it."""
    return comment.startswith("What GET gives, PATCH takes: ") and set(methods) == {"patch"} \
        or comment.startswith("Before every change of ") and "get" not in methods \
        or comment.startswith("Before what ") or ", and what " in comment


def test_a_comment_names_the_operations_that_run_it_and_no_other(operations, serves):
    wrong = {}
    for name, (comment, _) in statements().items():
        told = {word for word in WORD.findall(comment) if word in operations}
        if name in serves:
            many = serves_many(comment, [operations[one]["method"] for one in serves[name]])
            fits = told == serves[name] or told <= serves[name] and many
        elif name.split("/")[1].startswith("cli_"):
            command = re.match(r"marbre (\w+) (\w+)\b", comment)
            fits = command and f"marbre {command[1]} {command[2]}" in marbre.run(command[1], "--help").stdout
        else:
            fits = name.startswith(SURROUNDS) or told and all("handler" in operations[one]["x-marbre"] for one in told)
        if not fits:
            wrong[name] = f"tells of {sorted(told)}, serves {sorted(serves[name])}"
    assert not wrong


def plan_of(server, text):
    """The plan for any values, and as if no table were small."""
    names = list(dict.fromkeys(PLACEHOLDER.findall(re.sub("--.*", "", text))))
    for number, name in enumerate(names, 1):
        text = re.sub(rf"(?<![:\w]):{name}\b", f"${number}", text)
    nulls = f"({', '.join(['null'] * len(names))})" if names else ""
    return server.sql(f"set enable_seqscan = off; set plan_cache_mode = force_generic_plan; prepare it as {text};\n"
                      f"explain (costs off) execute it{nulls};")


def reach(text, functions):
    """The text of a statement with those of the definitions that it calls, and that they call."""
    seen, left = set(), [text]
    while left:
        called = {word for word in re.findall(r"\b(\w+)\(", left.pop()) if word in functions} - seen
        seen |= called
        left += [functions[name] for name in called]
    return "\n".join([text, *(functions[name] for name in seen)])


@pytest.fixture(scope="module")
def references(server):
    """Pairs of an index and a table to whose rows it leads from those of another that refer to them."""
    return set(server.sql("""
        select i.indexrelid::regclass, c.confrelid::regclass
          from pg_constraint c join pg_index i on i.indrelid = c.conrelid and i.indkey[0] = any (c.conkey)
         where c.contype = 'f' and c.connamespace = 'marbre'::regnamespace""").splitlines())


def test_a_comment_names_the_indexes_that_it_rests_on(server, indexes, references):
    """Their table is in its plan and not read from end to end; or it is read by a function that it calls, whose plan is its own;
    or what is deleted or merged is looked for in it."""
    functions = {function.name: function.body for function in catalog.tree().functions}
    claims, wrong = 0, {}
    for name, (comment, text) in statements().items():
        told = [word for word in WORD.findall(comment) if word in indexes]
        plan, inside = plan_of(server, text) if told else "", reach(text, functions)
        for index in told:
            claims += 1
            table = indexes[index]
            by_plan = re.search(rf"\bScan .*\bon {table}\b", plan) and not re.search(rf"Seq Scan on {table}\b", plan)
            by_function = inside != text and not re.search(rf"\bon {table}\b", plan) and re.search(rf"\b{table}\b", inside)
            by_reference = f"{index}|{name.split('/')[0]}" in references and name.split("/")[1] in ("delete", "merge")
            if not (by_plan or by_function or by_reference):
                wrong[name] = f"{index}\n{plan}"
    assert claims > 40 and not wrong, "\n".join(f"{a} {b}" for a, b in wrong.items())
