#!/usr/bin/env python3
"""Makes of the tree's SQL a release after this one, whose functions have other signatures and results, with the statements
that call them, and a trigger another name: for whoever tries a roll.

    next_release.py SRC OUT      copies SRC's .sql files to OUT, changed

Readers and the desk are answered as before; a server of one release on the functions of the other would fail each time.
"""
import pathlib
import re
import sys

# What is changed: on the way of each change of an article, of what readers and the desk get of it, and of its listings.
REVERSED = ["article_lock", "working_copies", "public_articles"]  # the order of their arguments
WIDENED = ["working_copies", "public_articles"]  # a table, with another column in front
TABLED = ["related_cards", "section_document"]  # JSON, in a table with another column in front
VALUED = ["article_lock"]  # nothing, and now something
TRIGGERS = ["article_next_version"]  # which get another name: the old one has to go


def arguments(text, start):
    """The arguments that begin at `start`, behind the parenthesis, and where they end."""
    parts, depth, begin, at, quoted = [], 0, start, start, False
    while depth or quoted or text[at] != ")":
        c = text[at]
        if c == "'":
            quoted = not quoted
        elif not quoted and c in "([":
            depth += 1
        elif not quoted and c in ")]":
            depth -= 1
        elif not quoted and c == "," and not depth:
            parts.append(text[begin:at].strip())
            begin = at + 1
        at += 1
    return [*parts, text[begin:at].strip()], at


def each_call(text, name, change):
    """Text with each call of a function, or its definition's head, as `change(is definition, arguments)` has it."""
    for found in reversed(list(re.finditer(rf"(?<![\w.]){name}\(", text))):
        parts, end = arguments(text, found.end())
        defines = text[:found.start()].endswith("function ")
        text = text[:found.start()] + change(defines, parts) + text[end + 1:]
    return text


def reverse(text, name):
    def change(_, parts):
        named = any("=>" in part for part in parts)
        return f"{name}({', '.join(parts if named else parts[::-1])})"
    return each_call(text, name, change)


def definition(text, name):
    """Where a function's head and body begin and end, or nothing."""
    found = re.search(rf"^create function {name}\(.*?\$\$\n.*?\n?\$\$;|^create function {name}\(.*?end \$\$;", text, re.M | re.S)
    return found.span() if found else None


def within(text, name, *changes):
    """Text with the definition of a function changed by (pattern, replacement)s, each of which has to fit once."""
    span = definition(text, name)
    if not span:
        return text
    body = text[span[0]:span[1]]
    for pattern, replacement in changes:
        body, count = re.subn(pattern, replacement, body, count=1, flags=re.M | re.S)
        assert count == 1, f"next_release.py: {name} is not as it was: {pattern} fits nothing in\n{body}"
    return text[:span[0]] + body + text[span[1]:]


def changed(text):
    for name in REVERSED:
        text = reverse(text, name)
    for name in WIDENED:
        text = within(text, name, (r"returns table \(", "returns table (release integer, "), (r"^( *)select ", r"\1select 2, "))
    for name in TABLED:
        text = each_call(text, name, lambda defines, parts, name=name:
                         f"{name}({', '.join(parts)})" if defines else f"(select document from {name}({', '.join(parts)}))")
        text = within(text, name, (r"\breturns json\b", "returns table (release integer, document json)"),
                      (r"return \((.*?)\);\nend \$\$", r"return query select 2, (\1);\nend $$"))
    for name in VALUED:
        text = within(text, name, (r"\breturns void\b", "returns text[]"), (r"\nend \$\$", "\n    return array['locked'];\nend $$"))
    for name in TRIGGERS:
        text = re.sub(rf"^create or replace trigger {name} ", f"create or replace trigger {name}_too ", text, flags=re.M)
    return text


def make(source, out):
    """Copies the .sql files below one folder to another, changed, and returns their paths."""
    names = {*REVERSED, *WIDENED, *TABLED, *VALUED, *TRIGGERS}
    paths = sorted(source.rglob("*.sql"))
    for path in paths:
        text = path.read_text()
        names -= {name for name in names if definition(text, name)}
        target = out / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(changed(text))
    assert not names, f"next_release.py: there is no function {', '.join(sorted(names))}: name others"
    return paths


if __name__ == "__main__":
    make(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
