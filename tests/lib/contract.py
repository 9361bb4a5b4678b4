"""openapi.json, as a judge of replies.

    contract = Contract.of(text)            kept: servers that serve the same document share one
    contract.check(reply)                   raises when a reply is not what the contract promises
    contract.judge.validate(value, schema)  raises when a value is not what a schema of the document says
"""
import functools
import json
import re

import jsonschema

# What any operation may answer to what is no good request of HTTP, or has a body where none is taken.
FRAME = {408, 411, 413, 414, 415, 417, 431, 501, 505}
PROBLEM = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
FORMATS = {
    "slug": r"[a-z0-9]+(-[a-z0-9]+)*",
    "uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
    "lang": r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*",
}


class Judge:
    """jsonschema for the schemas of one document: a validator is made once a schema, and a `$ref` is one look. (Its own
    resolver walks the whole document for each new validator.) `formats` has a predicate for each that is looked at."""

    def __init__(self, document, formats):
        self.document = document
        self.checker = jsonschema.FormatChecker(formats=())
        for name, fits in formats.items():
            self.checker.checks(name)(lambda value, fits=fits: not isinstance(value, str) or fits(value))
        self.found = {}  # by reference
        self.made = {}  # by the schema's id(), which lasts as long as the schema that is kept here
        self.kind = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"$ref": self.follow})

    def follow(self, validator, reference, value, _):
        return validator.descend(value, self.at(reference), schema_path=reference)

    def at(self, reference):
        """What `#/…` leads to."""
        if reference not in self.found:
            found = self.document
            for step in reference[2:].split("/"):
                found = found[step.replace("~1", "/").replace("~0", "~")]
            self.found[reference] = found
        return self.found[reference]

    def validator(self, schema):
        if id(schema) not in self.made:
            self.made[id(schema)] = schema, self.kind(schema, format_checker=self.checker)
        return self.made[id(schema)][1]

    def validate(self, value, schema):
        self.validator(schema).validate(value)

    def fits(self, value, schema):
        return self.validator(schema).is_valid(value)


class Contract:
    @staticmethod
    @functools.lru_cache(maxsize=None)
    def of(text):
        return Contract(json.loads(text))

    def __init__(self, spec):
        self.spec = spec
        self.judge = Judge(spec, {name: re.compile(form).fullmatch for name, form in FORMATS.items()})
        self.routes = []
        for template, item in spec["paths"].items():
            pattern = re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template)))
            for method, operation in item.items():
                self.routes.append((template.count("{"), pattern, method, template, operation))
        self.routes.sort(key=lambda route: route[0])  # a word goes before a parameter

    def resolve(self, value):
        while "$ref" in value:
            value = self.judge.at(value["$ref"])
        return value

    def find(self, method, path):
        for _, pattern, its_method, template, operation in self.routes:
            if its_method == method and pattern.fullmatch(path):
                return template, operation
        return None, None

    def promise(self, operation, status):
        """What the contract says of this status; `default` speaks only of what is wrong with a request as HTTP."""
        named = operation["responses"].get(str(status))
        assert named or status in FRAME, f"{operation['operationId']} promises no {status}"
        return self.resolve(named or operation["responses"]["default"])

    def check(self, reply):
        request = reply.request
        path = request.url.split("?")[0].split("/", 3)[3]
        method = request.method.lower()
        template, operation = self.find("get" if method == "head" else method, "/" + path)
        assert reply.headers.get("X-Request-Id"), "every reply has a request id"
        if operation is None:
            assert reply.status_code in (204, 400, 404, 405), f"{method} {path} is not in the contract"
            if reply.status_code == 204:
                return
            promise = PROBLEM
        else:
            promise = self.promise(operation, reply.status_code)
            for name, header in promise.get("headers", {}).items():
                required = self.resolve(header).get("required")
                assert not required or name in reply.headers, f"{name} is promised and missing"
        content = promise.get("content")
        if not content or method == "head":
            assert not reply.content, f"{reply.status_code} with a body that the contract does not have"
            return
        media = reply.headers["Content-Type"].split(";")[0]
        assert media in content, f"{media} is not promised"
        if media in ("application/json", "application/problem+json"):
            self.judge.validate(reply.json(), content[media]["schema"])
