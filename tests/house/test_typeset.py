"""The tool that sets the contract as one document: what it derives, and what it refuses to build."""
import json
import pathlib
import subprocess

import pytest
import yaml

import marbre

OPERATION = {"operationId": "read", "x-marbre": {"roles": ["public"]}, "responses": {"200": {"description": "Fine."}}}


@pytest.fixture
def typeset(tmp_path):
    tool = pathlib.Path(marbre.binary()).with_name("typeset")

    def run(document, ending="json", parts=None):
        (tmp_path / "root.yaml").write_text(document if isinstance(document, str) else yaml.safe_dump(document, sort_keys=False))
        paths = []
        for name, text in (parts or {}).items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text)
            paths.append(tmp_path / name)
        out = tmp_path / f"out.{ending}"
        done = subprocess.run([tool, out, tmp_path / "root.yaml", *paths], capture_output=True, text=True, timeout=60,
                              env={"ASAN_OPTIONS": "detect_leaks=0"})
        assert "Sanitizer" not in done.stderr
        return out.read_text() if done.returncode == 0 else (done.returncode, done.stderr)
    return run


def contract(operation, missing=(), **components):
    names = ["BadRequest", "Unauthorized", "Forbidden", "NotFound", "NotAcceptable", "Conflict", "LengthRequired",
             "VersionConflict", "TooLarge", "UnsupportedMediaType", "Invalid", "VersionRequired", "TooManyRequests",
             "Internal", "Unavailable", "Problem"]
    headers = ["RateLimitPolicy", "RateLimit", "IdempotencyReplayed"]
    used = [{"$ref": f"#/components/responses/{name}"} for name in names]
    used += [{"$ref": f"#/components/headers/{name}"} for name in headers]
    return {"openapi": "3.1.0", "x-all": used, "paths": {"/things": {"get": operation}},
            "components": {"responses": {name: {} for name in names if name not in missing},
                           "headers": {name: {} for name in headers}, **components}}


def test_what_yaml_writes_goes_before_what_is_derived(typeset):
    own = {"description": "A reason of its own."}
    operation = {**OPERATION, "responses": {"503": own, "200": {"description": "Fine."}}}
    answers = json.loads(typeset(contract(operation)))["paths"]["/things"]["get"]["responses"]
    assert list(answers) == ["200", "400", "429", "500", "503", "default"]
    assert answers["503"] == own and answers["default"] == {"$ref": "#/components/responses/Problem"}


def test_who_calls_follows_from_the_roles_and_is_written_nowhere_else(typeset):
    read = json.loads(typeset(contract(OPERATION)))["paths"]["/things"]["get"]
    assert read["security"] == []
    desk = {**OPERATION, "x-marbre": {"roles": ["editor"]}}
    assert json.loads(typeset(contract(desk)))["paths"]["/things"]["get"]["security"] == [{"access_token": []}]
    status, complaint = typeset(contract({**OPERATION, "security": []}))
    assert status == 1 and complaint == "/things: has an operation that writes `security`: its `roles` say it\n"


def test_a_head_is_promised_by_the_operations_that_send_it_and_not_by_those_that_share_the_answer(typeset):
    shared = {"200": {"$ref": "#/components/responses/Thing"}}
    key = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}
    document = contract({**OPERATION, "responses": shared})
    document["components"]["responses"]["Thing"] = {"description": "The thing."}
    document["paths"]["/things"]["post"] = {**OPERATION, "parameters": [key], "responses": shared}
    paths = json.loads(typeset(document))["paths"]["/things"]
    assert "Idempotency-Replayed" not in paths["get"]["responses"]["200"]["headers"]
    assert "Idempotency-Replayed" in paths["post"]["responses"]["200"]["headers"]


def test_a_response_that_is_derived_and_missing_stops_the_build(typeset):
    status, complaint = typeset(contract(OPERATION, missing=["TooManyRequests"]))
    assert status == 1 and complaint == "#/components/responses/TooManyRequests: is not in the contract\n"


def test_a_component_that_nothing_uses_stops_the_build(typeset):
    status, complaint = typeset(contract(OPERATION, schemas={"Lonely": {}}))
    assert status == 1 and complaint == "#/components/schemas/Lonely: is used by nothing\n"


def test_a_key_that_comes_twice_is_told_with_its_place(typeset):
    status, complaint = typeset("a: 1\nb: 2\na: 3\n")
    assert status == 1 and "root.yaml:3: " in complaint
    status, complaint = typeset({"paths": {"/a": 1}}, parts={"paths/more.yaml": "/a: 2\n"})
    assert status == 1 and complaint.endswith("paths/more.yaml: paths//a is defined twice\n")


@pytest.mark.parametrize("text", [
    "no", "Yes", "on", "OFF", "y", "null", "~", "", "true", "1", "-1", "+1", "1.5", ".5", "1e3", "0x1f", "0o17", "1_000",
    "12:30", "2026-11-22", "2026-11-22T21:00:00Z", ".inf", ".NaN", "=", "<<", "- a", "a: b", "a #b", "#a", "&a", "*a",
    "!a", "%a", "@a", "`a`", "'a'", '"a"', "{a}", "[a]", "|", ">", "?", " a", "a ", "a\nb", "a\n", "\na", " a\nb", "a\tb",
    "été", "l’aube", "\U0001f5de", "\u0085", "\u2028", "a" * 300, "mot " * 80, "a  b " * 60, "…", "\x7f", "/v1", "$ref"])
def test_a_text_stays_the_same_text_in_yaml(typeset, text):
    document = {"plain": text, "list": [text, {"inside": text}], **({text: "key"} if len(text) < 100 else {})}
    quoted = yaml.safe_dump(document, default_style='"')  # the reader here goes by YAML 1.2, its writer by 1.1
    assert yaml.safe_load(typeset(quoted, "yaml")) == document


def test_what_is_no_text_stays_so_in_yaml(typeset):
    document = {"numbers": [0, -7, 1.5, 1e100, 2 ** 53], "words": [True, False, None], "empty": [{}, []]}
    assert yaml.safe_load(typeset(document, "yaml")) == document


MEMBERS = """
Words: {title: {type: string, example: A title}, note: {type: string, example: A note}}
Facts: {id: {type: string, example: a1}, at: {type: string, example: now}}
"""


def thing(typeset, members=MEMBERS, **schema):
    """A schema that takes members from groups, as the contract has it then; or what is wrong with it."""
    answer = {"description": "It.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    document = contract({**OPERATION, "responses": {"200": answer}}, schemas={"Thing": {"type": "object", **schema}})
    told = typeset(document, parts={"members/x.yaml": members})
    return told[1] if isinstance(told, tuple) else json.loads(told)["components"]["schemas"]["Thing"]


def test_a_schema_has_the_members_of_the_groups_that_it_names(typeset):
    there = thing(typeset, **{"x-members": {"required": ["Words"], "read_only": ["Facts"]}}, required=["size"],
                  properties={"size": {"type": "integer", "example": 3}, "note": {"type": "null", "example": None}},
                  example={"title": "Another"})
    assert list(there["properties"]) == ["title", "note", "id", "at", "size"]
    assert there["required"] == ["title", "note", "size"] and "x-members" not in there
    assert there["properties"]["note"] == {"type": "null", "example": None}, "what it writes itself goes before"
    assert there["properties"]["id"] == {"type": "string", "example": "a1", "readOnly": True}
    assert there["example"] == {"title": "Another", "note": None, "size": 3}


@pytest.mark.parametrize("words, complaint", [
    ({"required": ["Words", "Nothing"]}, "Thing: x-members names a group that is in no members/*.yaml\n"),
    ({"required": ["Words"]}, "Facts: is a group that no x-members names\n"),
    ({"required": ["Words", "Facts"], "optional": ["Words"]}, "Thing: title is in two groups of x-members\n"),
    ({"needed": ["Words"]}, "Thing: x-members has the word needed, which means nothing here\n"),
])
def test_groups_that_are_misnamed_or_left_over_stop_the_build(typeset, words, complaint):
    assert thing(typeset, **{"x-members": words}) == complaint
