"""What the contract and its statements may say: the tables of openapi/README.md are those that the code goes by, and what stands
in neither stops the build."""
import copy
import json
import pathlib

import pytest

import marbre

README = (marbre.ROOT / "openapi/README.md").read_text()


@pytest.fixture(scope="module")
def contract():
    return json.loads((pathlib.Path(marbre.binary()).parent / "generated/openapi.json").read_text())


@pytest.fixture
def check(contract, tmp_path):
    """Changes an operation, or all of the contract, in one way or several, and gives back what the build says of each; None:
    nothing."""
    def run(operation_id, *changes):
        files = [tmp_path / f"{n}.json" for n in range(len(changes))]
        for file, change in zip(files, changes):
            changed = copy.deepcopy(contract)
            change(next(operation for item in changed["paths"].values() for operation in item.values()
                        if operation["operationId"] == operation_id) if operation_id else changed)
            file.write_text(json.dumps(changed))
        said = marbre.run("check", "--contract", *map(str, files), "/dev/null").stderr  # the last is never good: several, always
        said = dict(line.removeprefix("marbre: ").split(": ", 1) for line in said.splitlines())
        return [said.get(str(file)) for file in files]
    return run


def tables():
    return marbre.run("check", "--symbols").stdout.strip("\n").split("\n\n")


def test_the_readme_has_each_symbol_and_each_fact_as_the_code_has_them():
    symbols, facts, _ = tables()
    assert symbols.count("\n") > 50 and symbols + "\n\n" in README, "openapi/README.md: what statements may name"
    assert facts.count("\n") >= 10 and facts + "\n\n" in README, "openapi/README.md: the columns that are facts"


def test_the_readme_has_each_word_of_x_marbre_and_what_it_takes():
    _, _, words = tables()
    rows = words.split("\n")
    missing = [row for row in rows if row not in README]
    assert len(rows) > 15 and not missing, "openapi/README.md: x-marbre"
    listed = [line for line in README.split("## `x-marbre`")[1].split("##")[0].splitlines() if line.startswith("| `")]
    assert len(listed) == len(rows), "and no word that the code does not know"


# Each word with values that it does not take, in an operation that would take a good one.
WRONG = [
    ("list_articles", "connection_class", ["lists", "write", "LIST", ["list"], None, 1]),
    ("create_tag", "connection_class", ["read", "list", "public"]),
    ("list_articles", "answers", ["lists", True, "page"]),
    ("create_tag", "derive", [["slugs"], "slug", ["slug", "slug"], [], [1]]),
    ("send_sponsorship_inquiry", "origins", ["sites", "desk", ["site"], True]),
    ("list_articles", "cache", [{"max_ages": 10}, {"max_age": "10"}, {"max_age": -1}, {"max_age": 1.5}, {}, 10, None]),
    ("export_sponsorship_inquiries", "pages", ["500", 0, -1, 1.5, 10001, True]),
    ("list_articles", "cursor", ["2", 0, 5, True, []]),
    ("list_articles", "rate", ["reads", "key", "good key", "all forms", "", None, ["read"]]),
    ("create_tag", "location", ["v1/desk/tags/{id}", 1]),
    ("send_sponsorship_inquiry", "languages", [["de"], "fr", ["fr", "fr"], []]),
    ("create_article", "body_max", ["3145728", 0, -1, 1e9]),
    ("log_in", "body_depth", ["2", 0, 33]),
    ("create_tag", "audit", ["tag", "migrations", "tags ", "", 1, ["tags"]]),
    ("create_tag", "statements", ["tags/create", [1], {"tags/create": 1}]),
    ("create_tag", "roles", ["editor", [1]]),
    ("log_in", "handler", [["log_in"], True]),
]


@pytest.mark.parametrize("operation_id,word,values", WRONG, ids=lambda value: value if isinstance(value, str) else None)
def test_a_value_that_a_word_does_not_take_stops_the_build(check, operation_id, word, values):
    said = check(operation_id, *(lambda operation, value=value: operation["x-marbre"].update({word: value}) for value in values))
    for value, complaint in zip(values, said, strict=True):
        expected = f"{operation_id}: x-marbre.{word} is {json.dumps(value, separators=(',', ':'))}; it takes "
        assert complaint and expected in complaint, (value, complaint)


# What a word means nothing beside: the change, and words of the complaint.
UNSOUND = {
    "a cache of the desk's": ("read_tag_at_the_desk", {"cache": {"max_age": 10}}, "is not for all to read"),
    "a cursor without a list": ("read_tag_at_the_desk", {"cursor": 1}, "answers neither a list nor pages"),
    "a list that changes": ("create_tag", {"answers": "list"}, "changes something, and answers a list"),
    "pages in an envelope": ("export_sponsorship_inquiries", {"answers": "list"}, "goes out as it is read"),
    "pages on other connections": ("export_sponsorship_inquiries", {"connection_class": "list"}, "goes out as it is read"),
    "pages without an end": ("export_sponsorship_inquiries", {"cursor": None}, "it would never end"),
    "a location of a read": ("read_tag_at_the_desk", {"location": "/v1/desk/tags/{id}"}, "x-marbre.location"),
    "a new thing nowhere": ("create_tag", {"location": None}, "answers 201 without x-marbre.location"),
    "a location that nothing reads": ("create_tag", {"location": "/v1/desk/tags/{id}/merge"}, "which no GET reads"),
    "a location of something else": ("create_tag", {"location": "/v1/desk/articles/{id}/versions/{n}"}, "of the operation's own path"),
    "a slug of no body": ("delete_tag", {"derive": ["slug"]}, "derives something from a body, and takes none"),
    "a password for anybody": ("log_in", {"derive": ["password"]}, "and is public"),
    "a site's own desk": ("create_tag", {"origins": "site"}, "is no form of readers"),
    "an audit of a read": ("read_tag_at_the_desk", {"audit": "tags"}, "changes nothing at the desk"),
    "an act that nobody writes down": ("create_tag", {"audit": None}, "x-marbre.audit does not say what"),
    "versions of what has none": ("patch_tag", {"audit": "sessions"}, "sessions of x-marbre.audit has no version"),
    "a limit of no body": ("delete_tag", {"body_max": 1000}, "and takes no body"),
    "two that serve": ("log_in", {"statements": ["sessions/open"]}, "one of them serves it"),
    "a word of yesterday": ("list_articles", {"lane": "list"}, "the word lane, which means nothing"),
}


@pytest.mark.parametrize("case", UNSOUND)
def test_words_that_do_not_fit_each_other_stop_the_build(check, case):
    operation_id, words, complaint = UNSOUND[case]

    def change(operation):
        ours = operation["x-marbre"]
        operation["x-marbre"] = {word: value for word, value in {**ours, **words}.items() if value is not None}
    assert complaint in check(operation_id, change)[0], case


def test_a_statement_that_names_what_no_operation_has_stops_the_build(check):
    """`tags/delete` names :query_replace_with: delete_tag has it, and where nothing has it, null would stand for a slip."""
    def drop(name):
        def change(operation):
            operation["parameters"] = [parameter for parameter in operation["parameters"] if name not in parameter.get("$ref", "")]
        return change
    for change, symbol in ((drop("ReplaceWith"), "query_replace_with"), (drop("IfMatch"), "if_match")):
        assert f"names :{symbol}, which the operation does not have" in check("delete_tag", change)[0]
    assert "names :cursor_2, which the operation does not have" in check(
        "list_tags_at_the_desk", lambda operation: operation["x-marbre"].update(cursor=1))[0]


def test_the_parameters_of_a_path_are_those_that_it_names(check):
    def rename(contract):
        contract["paths"]["/v1/desk/tags/{tag}/merge"] = contract["paths"].pop("/v1/desk/tags/{id}/merge")
    assert "its path has {tag}, and it has no such parameter" in check(None, rename)[0]


def test_a_contract_that_says_nothing_new_passes(check):
    same, writes = (lambda operation: None), (lambda operation: operation["x-marbre"].update(connection_class="write"))
    assert check("create_tag", same, writes) == [None, None]
    assert check("read_tag_at_the_desk", lambda operation: operation["x-marbre"].update(connection_class="read")) == [None]
