"""No French is kept for a sentence that nobody says. What the rows themselves have to be is in tests/unit/test_phrases.c; that
each sentence of a form's faults has one, in test_schema.c and tests/api/test_sponsorship.py."""
import pathlib
import subprocess

import marbre


def phrases():
    """The English sentences of the table, as the unit test that holds it prints them."""
    table = pathlib.Path(marbre.binary()).with_name("test_phrases")
    return subprocess.run([table, "print"], capture_output=True, check=True, timeout=60).stdout.split(b"\0")[:-1:2]


def test_no_row_is_for_a_sentence_that_nobody_says():
    """Literals stand in the objects of C as the compiler joined them; what SQL refuses with stands in its files."""
    built = pathlib.Path(marbre.binary()).parent / "CMakeFiles"
    objects = [path for room in ("api", "newsroom") for path in built.glob(f"{room}.dir/**/*.o") if path.name != "phrases.c.o"]
    assert len(objects) > 30
    said = b"\0".join(path.read_bytes() for path in objects)
    sql = b"".join(path.read_bytes() for folder in ("migrations", "src") for path in (marbre.ROOT / folder).glob("**/*.sql"))
    assert len(phrases()) > 60
    assert not [english for english in phrases() if english + b"\0" not in said and english.replace(b"'", b"''") not in sql]
