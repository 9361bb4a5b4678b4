"""Markdown that is taken means what CommonMark's reference parser makes of it, word for word and mark for mark."""
import json
import random
import re
import shutil
import subprocess
import urllib.parse

import html5lib
import pytest

from conftest import ROOT

# What lines are made of, in any order: containers, leaves, definitions, marks. No tables, directives or footnotes, of which
# CommonMark knows nothing; of runs of two and more asterisks md4c 0.4.8 takes some for other than they are; and the reference
# takes no tab behind a definition.
PARTS = ["a", "b c", "- ", "* ", "+ ", "1. ", "2) ", "10. ", "> ", ">", "## h", "### h ##", "---", "***", "===", "```", "~~~", "```js", "    ",
         "  ", "   ", "\t", "\n", "\n", "\n\n", "\n\n", "*", "_", "`", "``", "[a](http://x)", "[r]", "[r]: http://y", "[t][r]", "\\", "\\*",
         "&amp;", "<http://z.z>", "word ", "été ", '"t"', "(", ")", "[", "]", ": ", "![i](http://i.i/j)", "x  ", "\\\n", "    c", "  - ",
         "   > ", "1.", " -", "-", "=", "    ```", "&eacute;", "&#233;", "[l](\n/p)", "[l](/p 'q\nr')"]
INLINE = {"em", "strong", "code", "a"}


def texts(count, seed=7):
    draw = random.Random(seed)
    for _ in range(count):
        text = "".join(draw.choice(PARTS) for _ in range(draw.randint(2, 16)))
        if not re.search(r"\*\*|__|\*_|_\*", text) and not ("[r]:" in text and "\t" in text) and not text.startswith(":"):
            yield text


def outline(html):
    """The blocks in their order, and of each stretch of text the marks that it has; white space and paragraphs apart."""
    made, marks = [], []

    def word(text):
        text = re.sub(r"\s+", "", text or "")
        if text and made and made[-1][0] == "text" and made[-1][2] == frozenset(marks):
            made[-1] = ("text", made[-1][1] + text, made[-1][2])
        elif text:
            made.append(("text", text, frozenset(marks)))

    def walk(element):
        tag, of_block = element.tag, None
        if tag in INLINE:
            marks.append((tag, urllib.parse.unquote(element.get("href") or "")))
        elif tag in ("ul", "ol", "li", "blockquote", "pre", "hr", "h2", "h3", "h4"):
            of_block = (tag, element.get("start") or "1" if tag == "ol" else None)
            made.append(of_block)
        word(element.text)
        for child in element:
            walk(child)
            word(child.tail)
        if tag in INLINE:
            marks.pop()
        elif of_block and made[-1] == of_block and tag == "blockquote":
            made.pop()  # with nothing in it
        elif of_block:
            made.append(("/" + tag, None))

    walk(html5lib.parseFragment(html, namespaceHTMLElements=False))
    joined = []  # lists of bullets in a row are one
    for one in made:
        if joined and one == ("ul", None) and joined[-1] == ("/ul", None):
            joined.pop()
        else:
            joined.append(one)
    return joined


def letters(html):
    return re.sub(r"\s+", "", "".join(html5lib.parseFragment(html, namespaceHTMLElements=False).itertext()))


@pytest.fixture(scope="module")
def reference():
    tools = ROOT / "build/npm-tools"
    if not shutil.which("node") or not (tools / "node_modules/commonmark").exists():
        pytest.skip("there is no commonmark in build/npm-tools: make lint-contract fetches it")
    process = subprocess.Popen(["node", ROOT / "openapi/npm/commonmark.mjs", tools], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def render(text):
        process.stdin.write(json.dumps(text) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    yield render
    process.stdin.close()
    assert process.wait(timeout=60) == 0


def test_what_is_taken_means_what_commonmark_says(render, reference):
    taken = 0
    for text in texts(3000):
        made = render(body_markdown=text)
        if "faults" in made:
            continue
        taken += 1
        assert outline(made["html"]) == outline(reference(text)), text
        assert render.fine(body_markdown=made["markdown"] + made["keys"])["body"] == made["body"], text
    assert taken > 500


def test_what_is_lost_of_markdown_is_told(render, reference):
    """Where the reading is lenient no word goes without a loss that says so."""
    for text in texts(3000, seed=8):
        made = render.fine(body_markdown=text, lenient=True)
        words, kept = (letters(html) for html in (reference(text), made["html"]))
        assert sorted(kept) == sorted(words) or made["losses"], text
