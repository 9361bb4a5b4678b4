"""One rule for one thing, wherever it comes in: languages, blanks, addresses of the web and of e-mail, passwords, names."""
import itertools

import pytest

import marbre

numbers = itertools.count(1)
DESK = "/v1/desk/articles"


# ---- languages

@pytest.mark.parametrize("sent, kept", [("FR", "fr"), ("pt-br", "pt-BR"), ("ZH-HANT", "zh-Hant"), ("zh-hant-tw", "zh-Hant-TW"),
                                        ("es-419", "es-419"), ("de-1996", "de-1996"), ("en-us-U-CA-GREGORY", "en-US-u-ca-gregory"),
                                        (" fr ", "fr"), ("fr-x-AB", "fr-x-ab")])
def test_a_language_is_kept_in_the_case_that_its_rfc_has(editor, reader, sent, kept):
    article = editor.make_article(title=f"Langue {next(numbers)}", lang=sent)
    assert article["lang"] == kept
    assert editor.save(editor.make_article(), lang=sent)["lang"] == kept
    editor.act(article, "publish")
    for asked in (kept, kept.upper(), kept.lower()):
        found = reader.get("/v1/articles", 200, params={"lang": asked}).json()["data"]
        assert article["id"] in [one["id"] for one in found], asked


@pytest.mark.parametrize("sent", ["fr-", "fr--CA", "fr_FR", "f", "fr-1", "fr-a", "fr-abcdefghi", "français", "fr CA", "en-u"])
def test_what_is_no_language_tag_is_refused_in_bodies_and_filters(editor, reader, sent):
    (fault,) = editor.post(DESK, {"title": "x", "lang": sent}, 422).json()["errors"]
    assert fault["pointer"] == "/lang" and "BCP 47" in fault["detail"]
    assert reader.get("/v1/articles", 400, params={"lang": sent}).json()["errors"][0]["pointer"] == "?lang"


def test_the_default_language_is_written_as_every_other(server, scratch):
    beside = server.serve_beside(MARBRE_LANG="pt-br")
    try:
        assert beside.client("editor").make_article()["lang"] == "pt-BR"
    finally:
        beside.stop()


# ---- blanks

def test_blanks_around_one_line_go_and_those_within_stay(editor, chief):
    article = editor.make_article(title=" \u00a0 Un  titre\u202f! \u3000", kicker="\tAnalyse ", standfirst=" Chapô ")
    assert article["title"] == "Un  titre\u202f!"
    assert (article["kicker"], article["standfirst"]) == ("Analyse", "Chapô")
    assert chief.make("tags", name="  Deux  mots ", kind="topic")["name"] == "Deux  mots"
    assert editor.save(article, title=" Un  titre\u202f! ") == article, "which changes nothing"


@pytest.mark.parametrize("blank", ["", " ", "\n \n", "\u00a0\u2003", "\u200b", "\t"])
def test_a_text_of_blanks_is_none(editor, chief, reader, blank):
    article = editor.make_article(standfirst="Le chapô.", kicker=blank, teaser=blank, notes=blank,
                                  seo={"title": blank, "description": blank, "canonical_url": blank})
    assert article["kicker"] is article["teaser"] is article["notes"] is None
    assert (article["seo"]["title"], article["seo"]["description"], article["seo"]["canonical_url"]) == (None, None, None)
    full = editor.save(article, kicker="Analyse", teaser="Un accord.")
    empty = editor.save(full, kicker=blank, teaser=blank)
    assert empty["kicker"] is empty["teaser"] is None
    slug = editor.act(empty, "publish")["slug"]
    assert reader.get(f"/v1/articles/{slug}", 200).json()["teaser"] == "Le chapô.", "the card falls back to the standfirst"
    author = chief.make("authors", name=f"Auteur {next(numbers)}", bio=blank)
    assert author["bio"] is None
    (fault,) = editor.post(DESK, {"title": blank}, 422).json()["errors"]
    assert fault["pointer"] == "/title", "what there has to be is still asked for"
