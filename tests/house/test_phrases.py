"""What a reader may be told there is in French, too, and takes the same fillings in the same order."""
import pathlib
import re

API = pathlib.Path(__file__).resolve().parents[2] / "src/api"
LITERAL = r'"((?:[^"\\]|\\.)*)"'
FILLING = re.compile(r"%[-0-9.*]*(?:ll|z)?[a-z%]")


def joined(source):
    """Literals that stand side by side as the one that C makes of them."""
    return re.sub(r'"\s*\n\s*"', "", source)


def phrases():
    rows = re.findall(r"\{" + LITERAL + r",\s*" + LITERAL + r"\}", joined((API / "phrases.c").read_text()))
    assert len(rows) > 60 and len(rows) == len({english for english, _ in rows}), "no sentence stands there twice"
    return dict(rows)


def sentences(name, around):
    found = re.findall(around, joined((API / name).read_text()), re.S)
    assert found, name
    return set(found)


def test_each_row_takes_the_same_in_both_languages():
    for english, french in phrases().items():
        assert FILLING.findall(english) == FILLING.findall(french), english


def test_each_fault_of_a_form_has_its_row():
    told = set()
    for name in ("schema.c", "schema_value.c", "schema_parts.c", "schema_forms.c", "form.c"):
        told |= {text for text in sentences(name, LITERAL) if re.match(r"(This|None|Nothing|There) ", text)}
    told |= sentences("format.c", r'"(is not [^"]*)"')
    told |= sentences("form_token.c", r"tell\(call, " + LITERAL)
    told |= {text for text in sentences("schema_value.c", r'\{"\w+",\s*"([^"]*)"\}')}
    told |= {text for text in sentences("problem.c", r'fault_words\(&call->faults, count == 1 \? "([^"]*)"')}
    assert len(told) > 40 and told <= set(phrases()), sorted(told - set(phrases()))


def test_each_kind_of_problem_that_a_form_may_meet_has_its_row():
    titles = dict(sentences("problem.c", r'\{(\d{3}), "[\w-]+", ' + LITERAL))
    met = {titles[status] for status in ("400", "403", "406", "409", "411", "413", "415", "422", "429", "500", "503")}
    assert met <= set(phrases()), met - set(phrases())


def test_no_row_is_for_a_sentence_that_nobody_says():
    sources = joined("\n".join(path.read_text() for path in [*API.glob("*.c"), *API.parent.glob("newsroom/*/*.c")]
                               if path.name != "phrases.c"))
    migrations = "".join(path.read_text() for path in (API.parents[1] / "migrations").glob("*.sql"))
    unsaid = [english for english in phrases() if english not in sources and english not in migrations]
    assert not unsaid
