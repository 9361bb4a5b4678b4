"""Values made from schemas, and requests made from the contract: what it allows, and what has one fault.

    maker = Maker(contract.spec)
    maker.valid(schema)            a strategy of hypothesis: values that the schema takes
    maker.faults(schema, value)    the same value with one fault, for each that it can have: a Fault

A schema of the contract says all about a value but one thing: a body's blocks are looked at closer than their schema does
(openapi/schemas/article.yaml, Block), so those that are fine come from `bodies()`, and those that are not from BLOCK_FAULTS; and a body in Markdown is one of MARKDOWN.
A keyword or a format that nobody taught the maker is an error, so that a new one is not passed over in silence.
"""
import dataclasses
import itertools
import re
import string
import typing
import unicodedata

from hypothesis import strategies as st

from contract import Judge

numbers = itertools.count(1)

# ---- texts

# What the server leaves as it is: no control characters, no byte order mark, NFC.
CHARACTERS = st.characters(blacklist_categories=("Cc", "Cs"), blacklist_characters="\ufeff")
LETTERS = st.sampled_from("abcdefghijklmnopqrstuvwxyzàéîœßñłЖ中あ")


def nfc(text):
    return unicodedata.normalize("NFC", text)


def plain_texts(least, most):
    """Mostly short ones, and the longest and the shortest that may be."""
    edges = ["é" * least] if most is None else ["é" * least, "é" * most, "x" * most]
    short = st.text(CHARACTERS, min_size=least, max_size=max(least, min(most or 30, 30))).map(nfc)
    return st.one_of(short, short, st.sampled_from(edges)).filter(lambda text: least <= len(text) <= (most or len(text)))


def one_line(text):
    return "".join(c for c in text if unicodedata.category(c) not in ("Zl", "Zp"))


@dataclasses.dataclass
class Format:
    good: st.SearchStrategy  # of any length
    shape: str  # a regular expression that all of the good ones fit, and none of the bad
    bad: list

    def fits(self, text):
        return text not in self.bad and bool(re.fullmatch(self.shape, text, re.S))


def a_line(first, rest):
    return one_line(nfc(first + rest))


def a_text(first, rest):
    return nfc(first + rest) + ", et de quoi lire"


def an_address(name, domain="example.org"):
    return f"{name}-{next(numbers)}@{domain}"


def to_the_second(at):
    return at.replace(microsecond=0).isoformat()


def decorative(url):
    return {"_type": "image", "url": url, "decorative": True}


def without_line_end(text):
    return text.rstrip("\n")


def in_one(lists):
    return [*lists[0], *lists[1]]


# What is mapped is mapped by functions with a name: of a lambda, hypothesis looks for the source each time.
WORD = "[a-z0-9]{1,8}"
FORMATS = {
    "slug": Format(st.from_regex(f"{WORD}(-{WORD}){{0,3}}", fullmatch=True), "[a-z0-9]+(-[a-z0-9]+)*",
                   ["No Slug", "a--b", "-a", "é", "a_b", ""]),
    "uuid": Format(st.uuids().map(str), "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", ["7", "x" * 36, ""]),
    "lang": Format(st.from_regex("[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?", fullmatch=True),
                   "[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", ["français", "f", "fr_FR", "fr-", "", "fr-1", "fr-a", "en-1994-1994"]),
    "line": Format(st.builds(a_line, LETTERS, st.text(CHARACTERS, max_size=20)),
                   r"(?=.*\w)[^\n\t]*", ["", " ", "two\nlines", "a\ttab"]),
    # Each is another one: what has an address is made once.
    "email": Format(st.builds(an_address, st.from_regex(WORD, fullmatch=True)),
                    r"[^@\s]+@[^@\s]+", ["no address", "@", "a@b@c", ""]),
    "text": Format(st.builds(a_text, LETTERS, st.text(CHARACTERS, max_size=20)),
                   r"(?=.*\w).*", ["", " " * 12, " \n\t" * 6]),
    "mailbox": Format(st.builds(an_address, st.from_regex(WORD, fullmatch=True),
                                st.sampled_from(["example.org", "bücher.example", "日本.example", "a-b.example.co.uk"])),
                      r"[^@\s]+@[^@\s]+\.[^@\s]+", ["no address", "@", "a@b@c", "a@b", "a@[127.0.0.1]", '"a"@example.org', ""]),
    "uri": Format(st.builds("{}://example.org/{}".format, st.sampled_from(["http", "https"]),
                            st.from_regex("[a-z0-9/]{0,9}", fullmatch=True)), r"[a-z]+:\S*", ["no address", "//x", "a b:c", ""]),
    "web": Format(st.builds("{}://{}/{}".format, st.sampled_from(["http", "https", "HTTPS"]),
                            st.sampled_from(["example.org", "127.0.0.1:8080", "[::1]"]), st.from_regex("[a-z0-9/]{0,9}", fullmatch=True)),
                  r"[hH][tT]{2}[pP][sS]?://[^/\s]\S*", ["no address", "//x", "ftp://x/", "javascript:x()", "https://", "https:///x", "https://a:b@c/", "http://[::1", ""]),
    "contact": Format(st.builds("{}://example.org/{}".format, st.sampled_from(["http", "https", "HTTPS"]),
                                st.from_regex("[a-z0-9/]{0,9}", fullmatch=True)) | st.just("mailto:x@example.org"),
                      r"([hH][tT]{2}[pP][sS]?://[^/\s]\S*|mailto:[^@\s]+@[^@\s]+)", ["no address", "mailto:", "ftp://x/", "https://a:b@c/", ""]),
    "date": Format(st.dates().map(str), r"\d{4}-\d\d-\d\d", ["2023-02-30", "1 mai", "20230101", ""]),
    "date-time": Format(st.builds("{}{}".format, st.datetimes().map(to_the_second),
                                  st.sampled_from(["Z", "+02:00", "-11:30", ".5Z"])),
                        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[-+]\d\d:\d\d)", ["hier", "2023-01-01", "2023-01-01T25:00:00Z", ""]),
}

# ---- bodies

SPANS = st.fixed_dictionaries({"_type": st.just("span"), "text": plain_texts(0, None)}, optional={
    "marks": st.lists(st.sampled_from(["strong", "em", "underline", "strike-through", "code", "sub", "sup"]), max_size=3)})
ADDRESSES = st.sampled_from(["/a-propos", "#le-gaz", "http://a", "https://example.org/?q=é", "mailto:x@example.org", "tel:+33123456789", "HTTPS://A.b:8/#"])
PAGES = st.sampled_from(["https://example.org/", "http://a/b?c"])


@st.composite
def text_blocks(draw, in_note=False):
    """A paragraph, heading, quotation or list item, perhaps with links and footnotes."""
    block = draw(st.fixed_dictionaries(
        {"_type": st.just("block"), "children": st.lists(SPANS, max_size=3)},
        optional={"style": st.sampled_from(["normal", "blockquote"] if in_note else ["normal", "h2", "h3", "h4", "blockquote"])}))
    item = draw(st.none() | st.sampled_from(["bullet", "number"]))
    if item:
        block.update(listItem=item, level=draw(st.integers(1, 4)))
    if item == "number" and draw(st.booleans()):
        block["start"] = draw(st.sampled_from([0, 1, 2, 10, 999999999]))
    if not item and block.get("style") == "blockquote" and draw(st.booleans()):
        block["starts_quote"] = True
    links = [{"_type": "link", "href": draw(ADDRESSES), **draw(st.sampled_from([{}, {"title": "Un titre"}]))},
             {"_type": "internal_link", "article": draw(FORMATS["uuid"].good)}]
    if not in_note:
        links.append({"_type": "footnote", "content": draw(st.lists(text_blocks(in_note=True), min_size=1, max_size=2).map(levelled))})
    links = draw(st.lists(st.sampled_from(links), max_size=2, unique_by=id))
    if links:
        block["markDefs"] = [{"_key": f"k{i}", **link} for i, link in enumerate(links)]
        for span in block["children"]:
            span["marks"] = span.get("marks", []) + [draw(st.sampled_from(block["markDefs"]))["_key"]]
    return block


def levelled(blocks):
    """The same, without a list that begins deep or goes deeper by two levels at once."""
    before = 0
    for block in blocks:
        if "level" in block:
            block["level"] = min(block["level"], before + 1)
        before = block.get("level", 0)
    return blocks


PULLQUOTES = st.fixed_dictionaries(
    {"_type": st.just("pullquote"), "text": FORMATS["line"].good},
    optional={"attribution": plain_texts(0, None), "role": st.sampled_from(["statement", "excerpt"]),
              "source": plain_texts(0, None), "source_url": PAGES})


@st.composite
def tables(draw):
    width, height = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    cells = st.fixed_dictionaries({"content": st.lists(text_blocks(), max_size=2).map(levelled)})
    rows = st.fixed_dictionaries({"cells": st.lists(cells, min_size=width, max_size=width)})
    return draw(st.fixed_dictionaries(
        {"_type": st.just("table"), "rows": st.lists(rows, min_size=height, max_size=height)},
        optional={"caption": plain_texts(0, None), "header_rows": st.integers(0, height), "header_columns": st.integers(0, width),
                  "columns": st.lists(st.sampled_from([{}, {"align": "left"}, {"align": "center"}, {"align": "right"}]),
                                      min_size=width, max_size=width)}))


IMAGES = st.one_of(
    st.fixed_dictionaries(
        {"_type": st.just("image"), "url": PAGES, "alt": FORMATS["line"].good},
        optional={"caption": plain_texts(0, None), "credit": plain_texts(0, None), "width": st.integers(1, 100000),
                  "height": st.integers(1, 100000), "decorative": st.just(False), "link": ADDRESSES,
                  "layout": st.sampled_from(["normal", "wide", "full", "left", "right"])}),
    st.builds(decorative, PAGES))
GALLERIES = st.fixed_dictionaries(
    {"_type": st.just("gallery"), "images": st.lists(IMAGES, min_size=1, max_size=3)},
    optional={"caption": plain_texts(0, None), "layout": st.sampled_from(["grid", "slides"])})
EMBEDS = st.fixed_dictionaries(
    {"_type": st.just("embed"), "provider": st.just("youtube"),
     "url": st.sampled_from(["https://youtu.be/dQw4w9WgXcQ", "HTTPS://www.YouTube.com/watch?v=a&t=1#é", "https://m.youtube.com"])},
    optional={"title": plain_texts(0, None)})
FACTBOXES = st.fixed_dictionaries(
    {"_type": st.just("factbox"), "content": st.lists(text_blocks(), max_size=3).map(levelled)},
    optional={"title": plain_texts(0, None)})
CODES = st.fixed_dictionaries(
    {"_type": st.just("code"), "text": FORMATS["line"].good.flatmap(lambda line: st.sampled_from([line, f"\t{line}\n\n```\n"]))},
    optional={"language": st.sampled_from(["", "c", "c++", "objective-c", "x" * 40])})
DIVIDERS = st.just({"_type": "divider"})


def keyed(blocks):
    """Some blocks get a key of their own; the server gives one to the others."""
    return [{**block, "_key": f"b{i}"} if i % 2 else block for i, block in enumerate(blocks)]


def bodies():
    others = st.one_of(PULLQUOTES, tables(), IMAGES, GALLERIES, EMBEDS, FACTBOXES, CODES, DIVIDERS)
    return st.lists(st.one_of(text_blocks(), others), max_size=4).map(levelled).map(keyed)


def paragraph(**more):
    return {"_type": "block", "children": [{"_type": "span", "text": "x"}], **more}


# What no schema says of a block: a name for it, where the fault is, and a block that has it.
BLOCK_FAULTS = [
    ("an unknown type", "/_type", {"_type": "film"}),
    ("no children", "/children", {"_type": "block"}),
    ("an unknown member", "/colour", paragraph(colour="red")),
    ("an unknown style", "/style", paragraph(style="h1")),
    ("a key that is none", "/_key", paragraph(_key="é")),
    ("a mark without a definition", "/children/0/marks/0", paragraph(children=[{"_type": "span", "text": "x", "marks": ["k"]}])),
    ("a span that is none", "/children/0/_type", paragraph(children=[{"_type": "block"}])),
    ("a level without a list", "/level", paragraph(level=1)),
    ("a list that begins deep", "/level", paragraph(listItem="bullet", level=2)),
    ("a link that runs", "/markDefs/0/href", paragraph(markDefs=[{"_key": "k", "_type": "link", "href": "javascript:x()"}])),
    ("a link to another host without a scheme", "/markDefs/0/href", paragraph(markDefs=[{"_key": "k", "_type": "link", "href": "//x.example"}])),
    ("a footnote in a footnote", "/markDefs/0/content/0/markDefs/0",
     paragraph(markDefs=[{"_key": "k", "_type": "footnote", "content": [
         paragraph(markDefs=[{"_key": "k", "_type": "footnote", "content": [paragraph()]}])]}])),
    ("a heading in a footnote", "/markDefs/0/content/0",
     paragraph(markDefs=[{"_key": "k", "_type": "footnote", "content": [paragraph(style="h2")]}])),
    ("an empty footnote", "/markDefs/0/content", paragraph(markDefs=[{"_key": "k", "_type": "footnote", "content": []}])),
    ("a number for what has none", "/start", paragraph(listItem="bullet", start=2)),
    ("a number below all", "/start", paragraph(listItem="number", start=-1)),
    ("a paragraph that begins a quotation", "/starts_quote", paragraph(starts_quote=True)),
    ("a column too many", "/columns", {"_type": "table", "rows": [{"cells": [{"content": []}]}], "columns": [{}, {"align": "left"}]}),
    ("a column that stands nowhere", "/columns/0/align",
     {"_type": "table", "rows": [{"cells": [{"content": []}]}], "columns": [{"align": "up"}]}),
    ("an image that leads nowhere", "/link", {"_type": "image", "url": "https://example.org/", "alt": "x", "link": "javascript:x()"}),
    ("an empty pull quote", "/text", {"_type": "pullquote", "text": " "}),
    ("a table in a table", "/rows/0/cells/0/content/0/_type",
     {"_type": "table", "rows": [{"cells": [{"content": [{"_type": "table"}]}]}]}),
    ("an image without words", "/alt", {"_type": "image", "url": "https://example.org/"}),
    ("a decorative image with words", "/alt", {"_type": "image", "url": "https://example.org/", "alt": "x", "decorative": True}),
    ("an image that is none", "/url", {"_type": "image", "url": "data:image/png,x", "alt": "x"}),
    ("an empty gallery", "/images", {"_type": "gallery", "images": []}),
    ("a paragraph in a gallery", "/images/0/_type", {"_type": "gallery", "images": [paragraph()]}),
    ("a provider that nobody knows", "/provider", {"_type": "embed", "provider": "evil", "url": "https://youtu.be/x"}),
    ("an embed of another host", "/url", {"_type": "embed", "provider": "youtube", "url": "https://evil.example/x"}),
    ("a factbox in a factbox", "/content/0/_type", {"_type": "factbox", "content": [{"_type": "factbox", "content": []}]}),
    ("empty code", "/text", {"_type": "code", "text": "\n"}),
    ("a language that is none", "/language", {"_type": "code", "text": "x", "language": "c onload=x"}),
    ("a divider with a text", "/text", {"_type": "divider", "text": "x"}),
    ("a crooked table", "/rows/1", {"_type": "table", "rows": [{"cells": [{"content": []}] * n} for n in (1, 2)]}),
]

# Markdown that is fine. A body is sent as blocks or as Markdown, never as both.
MARKDOWN = st.lists(st.sampled_from(["## Le gaz", "3. trois\n4. quatre", "> un\n>\n> deux", "1~3 ans, ~~non~~", "- un\n\n  suite",
                                     "| a | b |\n| :- | -: |\n| c | d |", "[![x](https://example.org/a.jpg)](/b)",
                                     "Un *mot*, un [lien](https://example.org).", "- un\n- deux", "| a | b |\n| --- | --- |\n| c | d |",
                                     ":::pullquote{role=excerpt}\nUn mot.\n:::", "::embed{provider=x url=\"https://x.com/a\"}", "---", ""]),
                    max_size=4).map("\n\n".join)


def one_body(members):
    return without(members, "body_markdown") if "body" in members else members


BLOCK_LABELS = {label for label, _, _ in BLOCK_FAULTS}

# ---- schemas

ANYTHING = [None, True, 7, 0.5, "x", [], {}, [None], {"x": 1}]
KNOWN = {"type", "enum", "const", "minLength", "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum",
         "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems", "items", "prefixItems", "required", "properties",
         "additionalProperties", "minProperties", "maxProperties", "propertyNames", "dependentRequired", "oneOf", "anyOf", "allOf",
         "not", "if", "then", "else", "contains", "$ref", "discriminator",
         "title", "description", "example", "default", "readOnly", "$defs", "$comment"}


class Fault(typing.NamedTuple):
    """What it is called, the pointer that has to be told, and the value that has it."""
    label: str
    pointer: str
    value: object


def escaped(name):
    return name.replace("~", "~0").replace("/", "~1")


def without(members, name):
    return {other: value for other, value in members.items() if other != name}


class Maker:
    def __init__(self, spec, members=None):
        """`members` has a strategy for what a member of this name may also be, such as references that lead somewhere."""
        self.members, self.made = members or {}, {}
        self.judge = Judge(spec, {name: form.fits for name, form in FORMATS.items()})

    def target(self, schema):
        return self.judge.at(schema["$ref"])

    def is_block(self, schema):
        return schema.get("$ref") == "#/components/schemas/Block"

    def flat(self, schema):
        """A schema with what it refers to and all that has to hold in one."""
        schema = {} if schema is True else schema
        assert set(schema) <= KNOWN, f"nobody taught the maker {set(schema) - KNOWN}"
        flat = {}
        for part in [*([self.target(schema)] if "$ref" in schema else []), *schema.get("allOf", [])]:
            self.merge(flat, self.flat(part))
        return self.merge(flat, {name: value for name, value in schema.items() if name not in ("$ref", "allOf")})

    @staticmethod
    def merge(flat, more):
        both = {"required": lambda a, b: a + b, "properties": lambda a, b: {**a, **b}, "enum": lambda a, b: [v for v in a if v in b],
                **dict.fromkeys(("minLength", "minimum", "minItems", "minProperties"), max),
                **dict.fromkeys(("maxLength", "maximum", "maxItems", "maxProperties"), min)}
        for name, value in more.items():
            flat[name] = both[name](flat[name], value) if name in flat and name in both else value
        return flat

    # ---- what is fine

    def valid(self, schema, rich=False):
        """Values that a schema takes; with `rich`, those in which all is there that can be: no null but where nothing else may
        be, no member left out, no list empty. Members that only the server writes are left out: they are fine only as they are
        stored."""
        key = repr((schema, rich))
        if key not in self.made:
            self.made[key] = st.deferred(lambda: self.any_of(self.flat(schema), rich).filter(lambda v: self.judge.fits(v, schema)))
        return self.made[key]

    def any_of(self, flat, rich):
        if "const" in flat:
            return st.just(flat["const"])
        if "enum" in flat:
            return st.sampled_from(flat["enum"])
        for word in ("oneOf", "anyOf"):
            if word in flat:
                forms = [self.any_of(self.merge(without(flat, word), self.flat(one)), rich) for one in flat[word]]
                return st.one_of(forms[::-1] if rich else forms)  # hypothesis begins with the first; objects stand last
        types = [name for name in self.types(flat) if name != "null" or not rich or len(self.types(flat)) == 1]
        return st.one_of([getattr(self, f"{name}s")(flat, rich) for name in types])

    @staticmethod
    def types(flat):
        types = flat.get("type") or ("object" if "properties" in flat else "array" if "items" in flat else "string")
        return [types] if isinstance(types, str) else types

    def nulls(self, flat, rich):
        return st.none()

    def booleans(self, flat, rich):
        return st.booleans()

    def strings(self, flat, rich):
        least, most = flat.get("minLength", 0), flat.get("maxLength")
        if "pattern" in flat and "format" in flat:
            texts = FORMATS[flat["format"]].good.filter(lambda text: re.search(flat["pattern"], text))
        elif "pattern" in flat:
            texts = st.from_regex(re.compile(flat["pattern"], re.A)).map(without_line_end)
        elif "format" in flat:
            texts = FORMATS[flat["format"]].good
            if most and flat["format"] in ("slug", "line"):
                texts = st.one_of(texts, texts, st.just("x" * most))
        else:
            texts = plain_texts(least, most)
        return texts.filter(lambda text: least <= len(text) <= (most or len(text)))

    def integers(self, flat, rich):
        least, most = flat.get("minimum", -1000), flat.get("maximum", 1000)
        edges = [flat[edge] for edge in ("minimum", "maximum") if edge in flat]
        return st.one_of(st.integers(least, max(least, most)), *([st.sampled_from(edges)] if edges else []))

    def numbers(self, flat, rich):
        return self.integers(flat, rich)

    def arrays(self, flat, rich):
        items = flat.get("items", {})
        least, most = flat.get("minItems", 0), flat.get("maxItems", 100)
        if self.is_block(items):
            return bodies()
        first = [self.valid(schema, rich) for schema in flat.get("prefixItems", [])]
        unique = {"unique_by": repr} if flat.get("uniqueItems") else {}
        least, most = max(least - len(first), 1 if rich and most else 0), min(most, least + 3)
        lists = st.lists(self.valid(items, rich), min_size=least, max_size=most, **unique)
        return st.tuples(st.tuples(*first), lists).map(in_one)

    def objects(self, flat, rich):
        members = {name: self.member(name, schema, rich) for name, schema in flat.get("properties", {}).items()
                   if not self.flat(schema).get("readOnly")}
        needed = members if rich else {name: members[name] for name in flat.get("required", []) if name in members}
        made = st.fixed_dictionaries(needed, optional={name: member for name, member in members.items() if name not in needed})
        return made.map(one_body)

    def member(self, name, schema, rich):
        if name == "body_markdown":
            return MARKDOWN
        made = self.valid(schema, rich)
        return made if rich or name not in self.members else st.one_of(made, self.members[name], self.members[name])

    # ---- what is wrong

    def faults(self, schema, value):
        """What a schema does not say of a block is added to its own faults."""
        for fault in self.walk(self.flat(schema), value, ""):
            if fault.label in BLOCK_LABELS or not self.judge.fits(fault.value, schema):  # another form may take it
                yield fault

    def walk(self, flat, value, at):
        for word in ("oneOf", "anyOf"):
            for other in (one for one in flat.get(word, []) if not self.judge.fits(value, one)):
                for label, wrongs in self.wrong_values(self.flat(other), None).items():
                    yield from (Fault(label, at, wrong) for wrong in wrongs)
            if word in flat:
                flat = self.merge(without(flat, word), self.flat(next(one for one in flat[word] if self.judge.fits(value, one))))
        for label, wrongs in self.wrong_values(flat, value).items():
            yield from (Fault(label, at, wrong) for wrong in wrongs)
        if isinstance(value, dict):
            yield from self.wrong_members(flat, value, at)
        if isinstance(value, list):
            yield from self.wrong_items(flat.get("items", {}), value, at)

    def wrong_values(self, flat, value):
        """Where null may be, a text of blanks is no fault: it is as absent."""
        optional = "null" in self.types(flat)
        return {label: [one for one in wrongs if not (optional and isinstance(one, str) and not one.strip())]
                for label, wrongs in self.all_wrong_values(flat, value).items()}

    def all_wrong_values(self, flat, value):
        """By what is wrong with it, what could stand in the place of a value."""
        right = {"type": self.types(flat)}
        wrongs = {"a wrong type": [one for one in ANYTHING if not self.judge.fits(one, right)]}
        if "enum" in flat or "const" in flat:
            wrongs["none of those"] = ["no-such-word", ""]
        if "maxLength" in flat:
            wrongs["too long"] = ["x" * (flat["maxLength"] + 1), "é" * (flat["maxLength"] + 1)]
        if flat.get("minLength"):
            wrongs["too short"] = ["x" * (flat["minLength"] - 1)]
        if "format" in flat:
            wrongs["a bad form"] = FORMATS[flat["format"]].bad
        if "pattern" in flat:
            wrongs["no such form"] = [text for text in ("", " ", "\n", "é", "x y", "~" * 9, string.punctuation)
                                      if not re.search(flat["pattern"], text)]
        wrongs["out of range"] = [flat[name] + past for name, past in
                                  (("minimum", -1), ("maximum", 1), ("exclusiveMinimum", 0), ("exclusiveMaximum", 0)) if name in flat]
        if isinstance(value, list):
            wrongs["too few"] = [[]] if flat.get("minItems") else []
            wrongs["too many"] = [value[:1] * (flat["maxItems"] + 1)] if value and "maxItems" in flat else []
            wrongs["one twice"] = [value[:1] * 2] if flat.get("uniqueItems") else []
        if isinstance(value, dict) and flat.get("minProperties"):
            wrongs["too few members"] = [{}]
        return wrongs

    def wrong_members(self, flat, value, at):
        for name in flat.get("required", []):
            yield Fault("a member missing", f"{at}/{escaped(name)}", without(value, name))
        if flat.get("additionalProperties") is False:
            yield Fault("an unknown member", f"{at}/{escaped('unheard~of')}", {**value, "unheard~of": 1})
        for name, schema in flat.get("properties", {}).items():
            inner = self.flat(schema)
            wrong = self.walk(inner, value[name], f"{at}/{escaped(name)}") if name in value else (
                Fault(label, f"{at}/{escaped(name)}", one) for label, ones in self.wrong_values(inner, None).items() for one in ones)
            for label, pointer, one in wrong:
                yield Fault(label, pointer, {**value, name: one})

    def wrong_items(self, items, value, at):
        if self.is_block(items):
            for label, pointer, block in BLOCK_FAULTS:
                yield Fault(label, f"{at}/{len(value)}{pointer}", [*value, block])
            return
        for i, item in enumerate(value[:2]):
            for label, pointer, one in self.walk(self.flat(items), item, f"{at}/{i}"):
                yield Fault(label, pointer, [*value[:i], one, *value[i + 1:]])
