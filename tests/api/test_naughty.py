"""Every string of the Big List of Naughty Strings, in every kind of text that there is: kept as it is, or refused with a
pointer at the very field; and it is never more than text."""
import html.parser
import http.client
import json
import re
import socket
import unicodedata
import urllib.parse

import pytest

from marbre import block, pullquote

# What is taken out of a text: control characters of C0 but tab and line feed, DELETE, those of C1, and byte order marks. A
# line end in any spelling is one line feed; in a text of one line those that are neither CR nor LF are spaces. Then it is NFC.
UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff]")
OTHER_LINE_ENDS = re.compile("[\v\f\x85\u2028\u2029]")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def cleaned(text, line=False):
    text = OTHER_LINE_ENDS.sub(" " if line else "\n", text.replace("\r\n", "\n").replace("\r", "\n"))
    return unicodedata.normalize("NFC", UNWANTED.sub("", text))


def stored(text, line=False, optional=False):
    """What is kept of it: the blanks at the ends go where it is one line, and an optional text of nothing but blanks is none."""
    kept = cleaned(text, line)
    seen = kept.replace("\u200b", "").strip()
    return None if optional and not seen else kept if "\n" in kept else kept.strip()


def may_be_refused(text, longest, line):
    """It is too long; or has to be one line and is none, or one in which there is no letter, number or sign to see."""
    kept = cleaned(text, line)
    seen = any(unicodedata.category(c)[0] in "LNPS" and c not in "\u115f\u1160\u3164\uffa0" for c in kept)
    return len(kept) > longest or line and (not seen or "\n" in kept or "\t" in kept)


@pytest.fixture(scope="module")
def naughty(corpus):
    strings = json.loads(corpus("blns.json").read_text())
    assert len(strings) == 515 and sum(cleaned(s) != s for s in strings) > 5, "there is something to clean"
    return strings


class Wire:
    """A connection for bytes that no library would send as they are, and for many of them: nothing is done with a reply but
    to read it. It is made anew when the server has ended it."""

    def __init__(self, server, token):
        self.server, self.socket = server, None
        self.head = f" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n".encode()

    def send(self, line, *fields, body=None):
        """Status, headers and the body's JSON."""
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.server.port), timeout=20)
        content = b"" if body is None else json.dumps(body).encode()
        fields = [*fields, b"Content-Type: application/json", b"Content-Length: %d" % len(content)] if content else fields
        self.socket.sendall(line.encode() + self.head + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + content)
        with http.client.HTTPResponse(self.socket, method=line.split()[0]) as reply:
            reply.begin()
            text = reply.read()
            if reply.will_close:
                self.close()
        return reply.status, reply.headers, json.loads(text) if text else None

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None


@pytest.fixture(scope="module")
def wire(server, chief):
    wire = Wire(server, chief.grant["access_token"])
    yield wire
    wire.close()


def pointers(problem):
    return {fault["pointer"] for fault in problem["errors"]}


def kept_or_refused(wire, path, fields, needed):
    """Sends members, and again without those that were refused. What was kept reads as it was written; returns the names of
    what was refused, to which the pointers point and nowhere else. `needed` stands for members that cannot be left out."""
    refused = set()
    while True:
        status, _, answer = wire.send(f"POST {path}", body={**needed, **fields})
        if status == 201:
            break
        assert status == 422, f"{status} for {fields}: {answer}"
        told = {pointer.removeprefix("/") for pointer in pointers(answer)}
        assert told and told <= set(fields), f"{told} for {fields}"
        refused |= told
        fields = {name: value for name, value in fields.items() if name not in told}
    for name, value in fields.items():
        needed_line = name in ("name", "title")  # those have one line, and something on it
        assert answer[name] == stored(value, needed_line, not needed_line), name
    return refused


# ---- members

# What is made at the desk with texts in it, and the members that cannot be left out.
NEEDED = {"authors": {"name": "Sans nom"}, "sections": {"name": "Sans nom"}, "tags": {"name": "Sans nom", "kind": "topic"},
          "articles": {"title": "Sans titre"}}


def texts(server, resource):
    """The members that the contract says take any text, each with how long it may be and whether it has to be one line."""
    body = server.contract.resolve(server.contract.spec["paths"][f"/v1/desk/{resource}"]["post"]["requestBody"])
    schema = server.contract.resolve(body["content"]["application/json"]["schema"])
    members = {name: server.contract.resolve(member) for name, member in schema["properties"].items()}
    return {name: (member["maxLength"], member.get("format") == "line") for name, member in members.items()
            if "string" in member.get("type", "") and "maxLength" in member and member.get("format", "line") == "line"}


@pytest.mark.parametrize("resource", NEEDED)
def test_a_text_is_kept_as_it_is_or_refused_by_name(server, wire, naughty, resource):
    members, refused = texts(server, resource), 0
    assert set(members) & {"name", "title"}
    for string in naughty:
        told = kept_or_refused(wire, f"/v1/desk/{resource}", dict.fromkeys(members, string), NEEDED[resource])
        for name, (longest, line) in members.items():
            assert len(cleaned(string, line)) <= longest or name in told, f"{name} is too long: {string!r}"
            assert name not in told or may_be_refused(string, longest, line), f"{name} refused: {string!r}"
        refused += bool(told)
    assert 5 < refused < 30


def test_a_slug_and_a_language_are_taken_as_they_are_or_refused_by_name(wire, naughty):
    forms = {"slug": re.compile("(?=.{1,120}$)[a-z0-9]+(-[a-z0-9]+)*"), "lang": re.compile("[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")}
    taken = dict.fromkeys(forms, 0)
    for string in naughty:
        fits = [name for name, form in forms.items() if form.fullmatch(string)]
        status, _, answer = wire.send("POST /v1/desk/articles", body={"title": "Sans titre", "slug": string, "lang": string})
        assert len(fits) == 2 or status == 422 and pointers(answer) == {f"/{name}" for name in set(forms) - set(fits)}
        for name in fits:
            status, _, answer = wire.send("POST /v1/desk/articles", body={"title": "Sans titre", name: string})
            assert status == 409 and pointers(answer) == {"/slug"} or answer[name].lower() == string.lower()  # another story's slug
            taken[name] += 1
    assert taken["slug"] > 10 and taken["lang"] > 3, taken


def test_a_reference_that_is_no_name_of_anything_is_refused_at_its_place(editor, naughty):
    """As an id or a slug, by itself or in an object."""
    def told(body, pattern):
        reply = editor.post("/v1/desk/articles", {"title": "Des références", **body}, 422)
        return [pointer for pointer in pointers(reply.json()) if re.fullmatch(pattern, pointer) or pytest.fail(pointer)]

    strings = [string[:119] + "-" for string in naughty]  # which no slug ends with
    for start in range(0, len(strings), 20):
        some = strings[start:start + 20]
        assert len(told({"sections": some}, r"/sections/\d+")) == len(some)
        assert len(told({"tags": [{"slug": string} for string in some]}, r"/tags/\d+/slug")) == len(some)
        assert len(told({"authors": [{"id": string} for string in some]}, r"/authors/\d+/id")) == len(some)
        assert len(told({"authors": [{"role": string, "slug": "x"} for string in some]}, r"/authors/\d+/role")) == len(some)


def test_a_bio_for_one_article_is_kept(editor, naughty, filing):
    slugs = [filing["nadia"]["slug"], filing["paul"]["slug"]]
    for at in range(0, len(naughty), 14):
        roles = ["by", "with", "photo", "illustration", "video", "translation", "editing"]
        some = naughty[at:at + 14]
        credits = [{"slug": slugs[i // 7], "role": roles[i % 7], "bio": string} for i, string in enumerate(some)]
        article = editor.make_article(title="Des biographies", authors=credits)
        own = [filing["nadia"]["bio"], filing["paul"]["bio"]]  # where there is none for the article
        assert [author["bio"] for author in article["authors"]] == \
            [stored(string, optional=True) or own[i // 7] for i, string in enumerate(some)]


def test_a_note_is_kept(server, editor, wire, naughty):
    article = editor.make_article(title="Des remarques")
    hands_in = server.sql_session()
    for string in naughty:
        hands_in.send(f"select article_transition('{article['id']}', 'submit');")
        assert wire.send(f"POST /v1/desk/articles/{article['id']}/return", b"If-Match: *", body={"note": string})[0] == 200
    hands_in.close()
    notes = server.sql("select json_agg(note order by version) from article_versions"
                       f" where article_id = '{article['id']}' and act = 'return'")
    assert json.loads(notes) == [stored(string, optional=True) for string in naughty]


# ---- bodies

def link(**more):
    return {"_type": "block", "children": [{"_type": "span", "text": "un lien", "marks": ["k"]}],
            "markDefs": [{"_key": "k", "_type": "link", "href": "https://example.org/", **more}]}


def cell(text):
    return {"_type": "table", "rows": [{"cells": [{"content": [block(text)]}]}]}


# A block with a string in one place, and the pointer from the block to it. Where a link has no title, it has no member.
PLACES = {
    "paragraph": (block, "children/0/text"),
    "heading": (lambda s: block(s, "h2"), "children/0/text"),
    "quotation": (lambda s: block(s, "blockquote"), "children/0/text"),
    "item": (lambda s: block(s, listItem="bullet"), "children/0/text"),
    "pullquote": (lambda s: pullquote(s, "x"), "text"),
    "attribution": (lambda s: pullquote("x", s), "attribution"),
    "source": (lambda s: pullquote("x", "x", source=s), "source"),
    "source address": (lambda s: pullquote("x", "x", source_url=s), "source_url"),
    "caption": (lambda s: {**cell("x"), "caption": s}, "caption"),
    "cell": (cell, "rows/0/cells/0/content/0/children/0/text"),
    "link": (lambda s: link(href=s), "markDefs/0/href"),
    "link's title": (lambda s: link(title=s), "markDefs/0/title"),
    "article": (lambda s: {**link(), "markDefs": [{"_key": "k", "_type": "internal_link", "article": s}]}, "markDefs/0/article"),
    "key": (lambda s: block("x", _key=s), "_key"),
    "mark": (lambda s: {"_type": "block", "children": [{"_type": "span", "text": "x", "marks": [s]}]}, "children/0/marks/0"),
    "style": (lambda s: block("x", s), "style"),
    "list": (lambda s: block("x", listItem=s), "listItem"),
    "role": (lambda s: pullquote("x", "x", role=s), "role"),
    "type": (lambda s: {"_type": s}, "_type"),
}
# Of these nothing is refused, but a pull quote that is empty; and of those everything is.
FREE = {"paragraph", "heading", "quotation", "item", "pullquote", "attribution", "source", "caption", "cell", "link's title"}
NEVER = {"article", "mark", "style", "list", "role", "type"}


def at(thing, pointer):
    """What stands there; a member that is not there is an empty text."""
    for step in pointer.split("/"):
        thing = thing[int(step)] if isinstance(thing, list) else thing.get(step, "")
    return thing


class Page(html.parser.HTMLParser):
    """What a browser makes of HTML: elements with their attributes, and the text in each."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.open = [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        element = {"tag": tag, "text": "", **dict(attributes)}
        self.elements.append(element)
        if tag == "br":
            self.handle_data("\n")
        else:
            self.open.append(element)

    def handle_endtag(self, tag):
        assert self.open.pop()["tag"] == tag

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    handle_decl = handle_pi = unknown_decl = handle_comment


# The element in which the string is shown, in its text or in an attribute, and the elements that a block is made of.
SHOWN = {
    "paragraph": ("p", "text", {"p"}), "heading": ("h2", "text", {"h2"}), "quotation": ("p", "text", {"blockquote", "p"}),
    "item": ("li", "text", {"ul", "li"}), "pullquote": ("p", "text", {"figure", "blockquote", "p", "figcaption"}),
    "attribution": ("figcaption", "text", {"figure", "blockquote", "p", "figcaption"}),
    "source": ("cite", "text", {"figure", "blockquote", "p", "figcaption", "cite"}),
    "caption": ("caption", "text", {"table", "caption", "tbody", "tr", "td"}),
    "cell": ("td", "text", {"table", "tbody", "tr", "td"}), "link's title": ("a", "title", {"p", "a"}),
}
ATTRIBUTES = {"tag", "text", "id", "class", "href", "rel", "title"}


@pytest.mark.parametrize("place", PLACES)
def test_a_text_in_a_body_is_kept_or_refused_at_its_place_and_is_never_markup(editor, reader, naughty, place):
    make, pointer = PLACES[place]
    strings = list(dict.fromkeys(naughty)) if place == "key" else naughty
    reply = editor.post("/v1/desk/articles", {"title": f"Un corps : {place}", "body": [make(s) for s in strings]})
    refused = set()
    if reply.status_code != 201:
        assert reply.status_code == 422
        for told in pointers(reply.json()):
            found = re.fullmatch(rf"/body/(\d+)/{pointer}", told)
            assert found, told
            refused.add(int(found.group(1)))
        strings = [s for i, s in enumerate(strings) if i not in refused]
        reply = editor.post("/v1/desk/articles", {"title": f"Un corps : {place}", "body": [make(s) for s in strings]}, 201)
    empty = {i for i, s in enumerate(naughty) if place == "pullquote" and not cleaned(s).replace("\u200b", "").strip()}
    assert place not in FREE or refused == empty
    assert place not in NEVER or len(refused) == len(naughty) and not strings

    article = reply.json()
    kept = [cleaned(s) for s in strings]
    if place in ("link", "source address"):  # an address of the web is kept as a URI
        there = [at(block, pointer) for block in article["body"]]
        assert [urllib.parse.unquote(one) for one in there] == [urllib.parse.unquote(s) for s in kept]
        kept = there
    assert [at(block, pointer) for block in article["body"]] == kept
    assert editor.get(f"/v1/desk/articles/{article['id']}", 200).json() == article
    editor.act(article, "publish")
    public = reader.get(f"/v1/articles/{article['slug']}", 200).json()
    assert [at(block, pointer) for block in public["body"]] == kept
    if place in SHOWN:
        tag, attribute, made_of = SHOWN[place]
        page = Page(reader.get(f"/v1/articles/{article['slug']}?body=html", 200).json()["body_html"])
        assert {element["tag"] for element in page.elements} - {"br"} == made_of
        assert all(set(element) <= ATTRIBUTES for element in page.elements)
        shown = [element.get(attribute, "") for element in page.elements if element["tag"] == tag]
        assert [text for text in shown if text] == [text for text in kept if text]
        assert all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", element["id"]) for element in page.elements if "id" in element)
        assert all(element["href"] == "https://example.org/" for element in page.elements if "href" in element)
    if place == "paragraph":
        plain = reader.get(f"/v1/articles/{article['slug']}?body=text", 200).json()["body_text"]
        assert plain == "\n\n".join(text for text in kept if text)


# ---- parameters

def parameters(server, operation, place):
    """Names and schemas of the parameters that an operation takes in a place."""
    named = (server.contract.resolve(parameter) for parameter in operation.get("parameters", []))
    return {parameter["name"]: server.contract.resolve(parameter["schema"]) for parameter in named if parameter["in"] == place}


def escaped(text):
    """Every byte that is no letter or digit, the dots too: a path keeps them."""
    return urllib.parse.quote(text, safe="").replace(".", "%2E")


def reads(server, place):
    """The operations of GET, each with its parameters in a place, where it has some that none before it had."""
    seen = set()
    for path, item in server.contract.spec["paths"].items():
        found = parameters(server, item.get("get", {}), place)
        key = {(name, json.dumps(schema)) for name, schema in found.items()}
        if key - seen:
            seen |= key
            yield path, found


def test_a_text_in_a_query_is_taken_or_refused_by_name(server, wire, naughty):
    """All the parameters of an operation at once, and each that is refused is named."""
    asked = set()
    for path, found in reads(server, "query"):
        path = re.sub(r"{\w+}", "x", path)
        asked |= set(found)
        for string in naughty:
            query = "&".join(f"{escaped(name)}={escaped(string)}" for name in found)
            status, _, problem = wire.send(f"GET {path}?{query}")
            assert status in (200, 400, 404) or status == 414 and len(query) > 8000, f"{path} {string!r}: {problem}"
            if status != 400:
                continue
            told = {pointer.removeprefix("?") for pointer in pointers(problem)}
            assert told <= set(found) | {"{id}"}, problem
            for name in set(found) - told:
                schema = found[name]
                assert schema.get("enum", [string]) == [string] or string in schema["enum"] or name == "cursor"
                assert schema["type"] != "integer" or re.fullmatch("[0-9]+", string), f"{name} took {string!r}"
    assert asked >= {"section", "kind", "cursor", "status", "limit", "body"}


def test_a_text_in_a_path_is_not_found_or_refused(server, wire, naughty):
    asked = 0
    for path, found in reads(server, "path"):
        asked += 1
        for string in naughty:
            if not string:
                continue  # then it is another path
            climbs = string.split("/")[0] in (".", "..")  # which no address may, not even escaped
            status, _, problem = wire.send("GET " + re.sub(r"{\w+}", lambda _: escaped(string), path))
            assert status in (400, 404) or status == 200 and re.fullmatch("[a-z0-9-]+", string), f"{path} {string!r}: {problem}"
            told = set() if status != 400 or climbs else pointers(problem)
            assert status != 400 or climbs or told and told <= {f"{{{name}}}" for name in found}, "a number may be one"
    assert asked >= 2


def is_field(text):
    """What may stand in a header: other control characters than a tab break the head."""
    return not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", text)


def test_a_text_in_a_header_is_taken_or_refused_by_name(server, editor, wire, naughty):
    article = editor.make_article(title="Des en-têtes")
    desk = f"/v1/desk/articles/{article['id']}"
    refused = 0
    for string in naughty:
        given = string.encode()
        saved = wire.send(f"PATCH {desk}", b"If-Match: " + given, body={})
        cached = wire.send("GET /v1/tags?limit=1", b"If-None-Match: " + given)
        named = wire.send("GET /v1/nothing-here", b"X-Request-Id: " + given)
        if not is_field(string):
            assert saved[0] == cached[0] == named[0] == 400
            refused += 1
            continue
        assert saved[0] in (400, 412) or saved[0] == 428 and not string.strip(), f"{string!r}: {saved}"
        assert saved[0] != 400 or pointers(saved[2]) == {"If-Match"}
        assert cached[0] == 200 or cached[0] == 304 and "*" in string, f"{string!r}: {cached}"
        its_id = named[1]["X-Request-Id"]
        assert named[0] == 404 and named[2]["instance"] == its_id
        assert its_id == string if re.fullmatch(r"[A-Za-z0-9._-]{8,64}", string) else UUID.fullmatch(its_id), string
    assert 2 < refused < 10
    assert editor.get(desk, 200).json() == article, "nothing was saved"


def test_the_server_still_serves(server, editor, reader):
    reader.get("/v1/articles?limit=100", 200)
    editor.make_article(title="Après tout cela")
    assert server.process.poll() is None
