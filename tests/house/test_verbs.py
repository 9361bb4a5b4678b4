"""Statements are called by verbs that are known, each by whom its verb is for, and none is left over."""
import re

import pytest

import marbre

README = (marbre.ROOT / "src/README.md").read_text()
TABLE = README[README.index("### What a statement is called"):README.index("## To add a field to articles")]
VERBS = {verb for row in re.findall(r"^\| (`.*?) \|", TABLE, re.M) for verb in re.findall(r"`(\w+)`", row)}
READERS, DESK = {"read", "list", "redirect"}, {verb for verb in VERBS if verb.startswith("desk_")}
FILES = sorted(path for room in ("newsroom/*", "auth") for path in marbre.ROOT.glob(f"src/{room}/*.sql") if path.parent.name != "definitions")
C = {path: path.read_text() for path in sorted(marbre.ROOT.glob("src/**/*.c"))}


def name_of(path):
    return f"{path.parent.name}/{path.stem}"


def verb_of(name):
    """The longest verb that a name is, or begins with."""
    stem = name.split("/")[1]
    return max((verb for verb in VERBS if stem == verb or stem.startswith(verb + "_")), key=len, default=None)


def operations(server):
    for path, item in server.contract.spec["paths"].items():
        for method, operation in item.items():
            if isinstance(operation, dict) and "x-marbre" in operation:
                yield operation["operationId"], operation["x-marbre"]


def test_the_verbs_are_those_of_the_readme():
    assert len(VERBS) > 30 and READERS <= VERBS and len(DESK) == 4
    unknown = [name_of(path) for path in FILES if not verb_of(name_of(path))]
    assert not unknown, f"what are these called by? {unknown}"
    used = {verb_of(name_of(path)) for path in FILES}
    assert not VERBS - used, f"no statement has the verb: {VERBS - used}"


def test_each_statement_is_for_whom_its_verb_says(server):
    named = set()
    for operation, ours in operations(server):
        public = ours["roles"] == ["public"]
        for name in ours.get("statements", []):
            named.add(name)
            verb = verb_of(name)
            assert not verb.startswith("cli"), f"{operation} runs {name}, which is the command line's"
            assert public or verb not in READERS, f"{operation} is the desk's, and {name} is what readers get"
            assert not public or verb not in DESK, f"{operation} is for readers, and {name} is what the desk gets"
    for path in FILES:
        name = name_of(path)
        where = {file.relative_to(marbre.ROOT / "src").parts[0] for file, text in C.items() if f'"{name}"' in text}
        if verb_of(name) == "cli":
            assert where == {"cli"}, f"{name} is the command line's, and is named in {where or 'no room'}"
        elif name.startswith("jobs/") and name != "jobs/begin":
            assert f'"{path.stem}"' in C[marbre.ROOT / "src/newsroom/newsroom.c"], f"{name} is no job of newsroom.c"
        else:
            assert name in named or where, f"{name} is run by nobody"
            assert "cli" not in where, f"{name} is run by the command line, and does not say so"


@pytest.mark.parametrize("name", ["articles/get", "articles/fetch", "articles/lists", "articles/desk", "tags/readers"])
def test_another_verb_is_noticed(name):
    assert verb_of(name) is None


def test_a_function_that_one_statement_alone_calls_says_why_it_is_one():
    """Its text could be the statement's; where it is not, a plan that is kept or a look after a lock is the reason."""
    texts = {path: re.sub("--.*", "", path.read_text()) for path in FILES}
    definitions = "\n".join(path.read_text() for path in sorted(marbre.ROOT.glob("src/**/definitions/*.sql")))
    bodies, silent = re.sub("--.*", "", definitions), []
    for comment, name in re.findall(r"((?:^--.*\n)*)^create function (\w+)\(", definitions, re.M):
        calls = re.compile(rf"\b{name}\(")
        elsewhere = len(calls.findall(bodies)) - 1 + sum(name in text for text in C.values())
        if sum(len(calls.findall(text)) for text in texts.values()) == 1 and not elsewhere:
            silent += [] if re.search(r"\bA\s+(--\s+)?function\b", comment) else [name]
    assert not silent, f"called once, and no word why: {silent}"
