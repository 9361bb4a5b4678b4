"""Whatever a body is: it is regular after one reading, Markdown says it and says it back, and its HTML has the elements
of its blocks and no other."""
import re

import html5lib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generate import bodies

SETTINGS = {"max_examples": 60, "deadline": None, "database": None, "derandomize": True,
            "suppress_health_check": list(HealthCheck)}
MARKS = {"strong": "strong", "em": "em", "underline": "u", "strike-through": "s", "code": "code", "sub": "sub", "sup": "sup"}


def without_keys(thing, names=None):
    """The same with the keys of definitions by their order, and no others."""
    if isinstance(thing, list):
        return [without_keys(one, names) for one in thing]
    if not isinstance(thing, dict):
        return thing
    if "markDefs" in thing:
        names = {link["_key"]: f"link {i}" for i, link in enumerate(thing["markDefs"])}
    made = {name: without_keys(value, names) for name, value in thing.items() if name not in ("_key", "marks")}
    if "marks" in thing:
        made["marks"] = sorted(names.get(mark, mark) for mark in thing["marks"])
    return made


# Texts in which Markdown could see something that nobody meant.
MARKS_OF_MARKDOWN = st.lists(st.sampled_from([
    "*", "**", "_", "`", "``", "~", "~~", "[", "]", "(", ")", "<", ">", "<b>", "</b>", "<!--", "&", "&amp;", "&#10;", "#", "##", "-",
    "+", "=", "---", "1.", "2)", "|", ":", "::", ":::", ":u[", ":strong[", "{", "}", "\\", "\\\\", "!", "![", "\n", "\n\n", " ", "  ",
    "\t", "a", "b", "é", "mot", "\"", "'", "https://a.example", "::embed", "\u00a0", "\u200b", "«", "»"]), max_size=12).map("".join)


def with_texts(body, texts):
    """The same body, with one of these texts in each place where there may be any."""
    texts = iter(texts)

    def walk(thing):
        if isinstance(thing, list):
            return [walk(one) for one in thing]
        if not isinstance(thing, dict):
            return thing
        made = {name: walk(value) for name, value in thing.items()}
        for name in ("text", "caption", "credit", "title", "attribution", "source", "alt"):
            if name in made and not (name == "title" and "href" in made and not made["title"]):
                new = next(texts, None)
                needed = thing.get("_type") in ("pullquote", "code", "image") and name in ("text", "alt")
                made[name] = ("x" + new if needed else new) if new is not None else made[name]
        return made
    return walk(body)


nasty_bodies = st.builds(with_texts, bodies(), st.lists(MARKS_OF_MARKDOWN, min_size=20, max_size=20))
any_bodies = st.one_of(bodies(), nasty_bodies)


@settings(**SETTINGS)
@given(body=any_bodies)
def test_normalising_twice_is_normalising_once(render, body):
    once = render.fine(body=body)
    assert render.fine(body=once["body"])["body"] == once["body"]


@settings(**{**SETTINGS, "max_examples": 150})
@given(body=any_bodies)
def test_markdown_out_and_in_is_the_same_body(render, body):
    out = render.fine(body=body)
    back = render.fine(body_markdown=out["markdown"] + out["keys"])
    assert back["body"] == out["body"], out["markdown"]
    assert (back["markdown"], back["keys"]) == (out["markdown"], out["keys"])


@settings(**SETTINGS)
@given(body=any_bodies)
def test_markdown_without_the_keys_is_the_same_body_but_for_them(render, body):
    out = render.fine(body=body)
    back = render.fine(body_markdown=out["markdown"])
    assert without_keys(back["body"]) == without_keys(out["body"]), out["markdown"]


def plain_paragraph(parts, style):
    spans, links = [], []
    for text, mark in parts:
        marks = [mark] if mark else []
        if mark == "link":
            marks = [f"l{len(links)}"]
            links.append({"_type": "link", "_key": marks[0], "href": "https://example.org/a-b?c=1"})
        spans.append({"_type": "span", "text": text, "marks": marks})
    return {"_type": "block", "style": style, "children": spans, "markDefs": links}


# What most stories are made of, which is written without being read back.
plain_bodies = st.lists(st.builds(
    plain_paragraph,
    st.lists(st.tuples(st.sampled_from(["Un mot", "mot", " et ", ", puis ", "l'été ", "1", " 2", "1. ", "12.", "été", "é", " ", ".", "a ",
                                        "! ", "fin.", "\u00a0mot", "mot !", "quoi ?"]),
                       st.sampled_from([None, None, "strong", "em", "link", "underline", "code"])), min_size=1, max_size=6),
    st.sampled_from(["normal", "normal", "h2", "blockquote"])), max_size=3)


@settings(**{**SETTINGS, "max_examples": 600})
@given(body=plain_bodies)
def test_what_is_not_read_back_would_have_come_back(render, body):
    out = render.fine(body=body)
    assert render.fine(body_markdown=out["markdown"] + out["keys"])["body"] == out["body"], out["markdown"]


# ---- HTML

VOID = {"br", "hr", "img"}


def elements(html):
    """What a browser's parser makes of it: each element with its attributes, in order."""
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
    tree = parser.parseFragment(html)
    return [(one.tag, dict(one.attrib)) for one in tree.iter() if one.tag != "DOCUMENT_FRAGMENT"], parser.errors


def implied_by_spans(block):
    """The elements that a run of spans has at least: a set, since neighbours share theirs."""
    links = {link["_key"]: link for link in block["markDefs"]}
    found = set()
    for span in block["children"]:
        if not span["text"]:
            continue
        found |= {MARKS[mark] for mark in span["marks"] if mark in MARKS}
        for link in (links[mark] for mark in span["marks"] if mark in links):
            found.add("a")
            if link["_type"] == "footnote":
                found |= {"sup", "section", "ol", "li"} | implied(link["content"])
        found |= {"br"} if "\n" in span["text"] else set()
    return found


def breaks(*texts):
    return {"br"} if any("\n" in (text or "") for text in texts) else set()


def implied(blocks):
    """Every element that these blocks are made of."""
    found = set()
    for block in blocks:
        kind, get = block["_type"], block.get
        if kind == "block":
            found |= implied_by_spans(block)
            if get("listItem"):
                found |= {"li", "ul" if get("listItem") == "bullet" else "ol"}
            if block["style"] == "blockquote":
                found |= {"blockquote", "p"}
            elif block["style"] != "normal":
                found.add(block["style"])
            elif not get("listItem"):
                found.add("p")
        elif kind == "pullquote":
            found |= {"figure", "blockquote", "p"} | breaks(block["text"], get("attribution"), get("source"))
            if get("attribution") or get("source") or get("source_url"):
                found.add("figcaption")
            if get("source") or get("source_url"):
                found.add("cite")
            found |= {"a"} if get("source_url") else set()
        elif kind == "table":
            found |= {"table", "tr"} | ({"caption"} if get("caption") else set()) | breaks(get("caption"))
            rows, heads, columns = block["rows"], block["header_rows"], block["header_columns"]
            found |= ({"thead", "th"} if heads else set()) | ({"tbody"} if heads < len(rows) else set())
            if heads < len(rows):
                width = len(rows[0]["cells"])
                found |= ({"th"} if columns else set()) | ({"td"} if columns < width else set())
            for row in rows:
                for cell in row["cells"]:
                    content = cell["content"]
                    bare = len(content) == 1 and content[0]["style"] == "normal" and "listItem" not in content[0]
                    found |= implied_by_spans(content[0]) if bare else implied(content)
        elif kind == "image":
            found |= {"a"} if get("link") else set()
            found |= {"figure", "img"} | ({"figcaption"} if get("caption") or get("credit") else set())
            found |= ({"small"} if get("credit") else set()) | breaks(get("caption"), get("credit"))
        elif kind == "gallery":
            found |= {"figure"} | implied(block["images"]) | ({"figcaption"} if get("caption") else set()) | breaks(get("caption"))
        elif kind == "embed":
            found |= {"figure", "a"} | breaks(get("title"))
        elif kind == "factbox":
            found |= {"aside"} | ({"p", "strong"} if get("title") else set()) | breaks(get("title")) | implied(block["content"])
        elif kind == "code":
            found |= {"pre", "code"}
        elif kind == "divider":
            found.add("hr")
    return found


ATTRIBUTES = {
    "a": {"href", "rel", "title", "id", "role"}, "li": {"id"}, "section": {"class", "role"}, "ol": {"start"}, "td": {"class"},
    "img": {"src", "alt", "width", "height", "loading"}, "figure": {"class", "data-provider"},
    "aside": {"class"}, "p": {"class"}, "code": {"class"}, "th": {"scope", "class"}, "h2": {"id"}, "h3": {"id"}, "h4": {"id"},
}
ADDRESS = re.compile(r"(https?://|mailto:|tel:|/(?!/)|#)", re.I)


def check_html(made):
    found, errors = elements(made["html"])
    assert {name for name, _ in found} == implied(made["body"]), made["html"]
    errors = [error for error in errors if error[1] != "invalid-codepoint"]  # of a text, such as U+FFFE
    assert not errors, (errors, made["html"])
    for name, attributes in found:
        assert set(attributes) <= ATTRIBUTES.get(name, set()), (name, attributes)
        for address in (attributes.get("href"), attributes.get("src")):
            assert address is None or ADDRESS.match(address), address
    assert len([one for one in found if one[0] == "img"]) == made["html"].count("<img ")
    ids = [attributes["id"] for _, attributes in found if "id" in attributes]
    assert len(ids) == len(set(ids))
    notes = {attributes["href"][1:] for _, attributes in found if attributes.get("role") in ("doc-noteref", "doc-backlink")}
    assert notes == {one for one in ids if "_" in one}  # each leads to one that there is, and back
    assert [entry["id"] for entry in made["outline"]] == [one for one in ids if one in {e["id"] for e in made["outline"]}]


@settings(**SETTINGS)
@given(body=any_bodies)
def test_html_has_the_elements_of_the_blocks_and_no_other(render, body):
    check_html(render.fine(body=body))


# ---- what somebody would like to run

SCRIPTS = ["<script>alert(1)</script>", "\"><script>alert(1)</script>", "'><img src=x onerror=alert(1)>", "javascript:alert(1)",
           "</p><iframe src=//evil.example>", "<svg/onload=alert(1)>", "</title><script>", "</textarea><script>", "--><script>",
           "]]><script>", "&lt;script&gt;", "&#60;script&#62;", "<a href=\"javascript:x\">", "\" onmouseover=\"alert(1)", "' autofocus '",
           "<style>@import 'x'</style>", "<base href=//evil.example>", "<meta http-equiv=refresh>", "{{constructor}}", "${alert(1)}",
           "<template><script>", "<math><mi xlink:href=\"data:x\">", "`-alert(1)-`", "\\\"><script>", "<!--<script>", "<plaintext>"]
ENDS = ["", "\"", "'", ">", "\">", "</code></pre>", "</figure>", "\n:::\n", "](javascript:x)", "```\n", "<!--", "&quot;"]


def injections(naughty):
    made = [begin + script + end for script in SCRIPTS for begin, end in zip(ENDS, reversed(ENDS))]
    return made + [text for text in naughty if text.strip() and "\0" not in text]


def body_with(text):
    """The text in every place that takes any."""
    span = {"_type": "span", "text": text}
    image = {"_type": "image", "url": "https://a.example/b.jpg", "alt": "x" + text, "caption": text, "credit": text}
    linked = {"_type": "block", "children": [{**span, "marks": ["l", "code"]}],
              "markDefs": [{"_type": "link", "_key": "l", "href": "https://a.example/", "title": text}]}
    return [{"_type": "block", "children": [span]}, {"_type": "block", "style": "h2", "children": [span]}, linked,
            {"_type": "block", "style": "blockquote", "listItem": "number", "children": [span]},
            {"_type": "pullquote", "text": "x" + text, "attribution": text, "source": text},
            {"_type": "table", "caption": text, "header_rows": 1, "rows": [{"cells": [{"content": [linked]}]}]},
            image, {"_type": "gallery", "images": [image], "caption": text},
            {"_type": "embed", "provider": "vimeo", "url": "https://vimeo.com/1", "title": text},
            {"_type": "factbox", "title": text, "content": [linked]}, {"_type": "code", "text": "x" + text}]


def test_no_text_becomes_active_in_any_place(render, naughty):
    texts = injections(naughty)
    assert len(texts) >= 200
    for text in texts:
        made = render.fine(body=body_with(text))
        check_html(made)
        assert render.fine(body_markdown=made["markdown"] + made["keys"])["body"] == made["body"], made["markdown"]


def test_no_address_language_or_provider_becomes_active(render, naughty):
    """Each is refused, or stands where it stands."""
    taken = 0
    for text in injections(naughty):
        for block in ({"_type": "image", "url": "https://a.example/" + text, "alt": "x"}, {"_type": "image", "url": text, "alt": "x"},
                      {"_type": "embed", "provider": "x", "url": "https://x.com/" + text},
                      {"_type": "embed", "provider": text, "url": "https://x.com/"},
                      {"_type": "code", "text": "x", "language": text}, {"_type": "pullquote", "text": "x", "source_url": text},
                      {"_type": "block", "children": [{"_type": "span", "text": "x", "marks": ["l"]}],
                       "markDefs": [{"_type": "link", "_key": "l", "href": text}]}):
            made = render(body=[block])
            if "faults" not in made:
                taken += 1
                check_html(made)
                assert render.fine(body_markdown=made["markdown"] + made["keys"])["body"] == made["body"], made["markdown"]
    assert taken > 50


def test_no_markdown_becomes_active(render, naughty):
    """Markup in Markdown is refused with its line, or is text."""
    refused = 0
    for text in injections(naughty):
        made = render(body_markdown="Un.\n\n" + text)
        if "faults" in made:
            refused += 1
            assert all(pointer == "/body_markdown" for pointer, _ in made["faults"])
        else:
            check_html(made)
    assert refused > 50
