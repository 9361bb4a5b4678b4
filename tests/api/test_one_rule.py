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


# ---- addresses of the web

GOOD_ADDRESSES = [
    ("HTTPS://example.org/a", "https://example.org/a"), ("Http://Example.org", "http://Example.org"),
    ("https://fr.example/Été?q=à&b=c#é", "https://fr.example/%C3%89t%C3%A9?q=%C3%A0&b=c#%C3%A9"),
    ("https://bücher.example:8443/x", "https://xn--bcher-kva.example:8443/x"), ("http://日本.example", "http://xn--wgv71a.example"),
    ("https://example.org/%C3%A9/100%", "https://example.org/%C3%A9/100%25"), ("http://[::1]:8080/a", "http://[::1]:8080/a"),
    ("https://example.org/a[1]|b", "https://example.org/a%5B1%5D%7Cb"), ("https://my_host.example/@nadia:1", "https://my_host.example/@nadia:1")]
BAD_ADDRESSES = ["https://user:pass@example.org/", "https://user@example.org", "http://[::1", "http://[::g]/", "https://", "https:///a",
                 "https://a..b/", "https://example.org:99999/", "https://example.org:x/", "ftp://example.org/", "https:example.org",
                 "//example.org/a", "https://exa mple.org/", "javascript:alert(1)", "https://example.org/a b", "https://\\example.org"]


def image_body(url):
    return {"_type": "image", "url": url, "alt": "Un pont"}


def link_body(url):
    return {"_type": "block", "style": "normal", "children": [{"_type": "span", "text": "ici", "marks": ["a"]}],
            "markDefs": [{"_key": "a", "_type": "link", "href": url}]}


def each_place(editor, chief, url, expect):
    """Everywhere that an address is taken: what is kept of it, or the fault that is told."""
    name = f"Adresse {next(numbers)}"
    article = lambda **fields: editor.post(DESK, {"title": name, **fields}, expect).json()
    author = lambda **fields: chief.post("/v1/desk/authors", {"name": f"Adresse {next(numbers)}", **fields}, expect).json()
    yield article(image={"url": url, "alt": "x"}), lambda made: made["image"]["url"]
    yield article(seo={"canonical_url": url}), lambda made: made["seo"]["canonical_url"]
    yield article(body=[image_body(url)]), lambda made: made["body"][0]["url"]
    yield article(body=[link_body(url)]), lambda made: made["body"][0]["markDefs"][0]["href"]
    yield article(body=[{"_type": "pullquote", "text": "x", "source_url": url}]), lambda made: made["body"][0]["source_url"]
    yield author(image={"url": url, "alt": "x"}), lambda made: made["image"]["url"]
    yield author(links=[{"label": "x", "url": url}]), lambda made: made["links"][0]["url"]


@pytest.mark.parametrize("sent, kept", GOOD_ADDRESSES)
def test_an_address_of_the_web_is_kept_as_a_uri_wherever_it_stands(editor, chief, sent, kept):
    for made, url in each_place(editor, chief, sent, 201):
        assert url(made) == kept
    for made, url in each_place(editor, chief, kept, 201):
        assert url(made) == kept, "and stays as it is"


@pytest.mark.parametrize("sent", BAD_ADDRESSES)
def test_what_is_no_address_of_the_web_is_refused_wherever_it_stands(editor, chief, sent):
    for problem, _ in each_place(editor, chief, sent, 422):
        (fault,) = problem["errors"]
        assert fault["pointer"].endswith(("url", "href")) and "^" not in fault["detail"], problem


def test_a_person_may_be_reached_by_mail_as_well(chief):
    made = chief.make("authors", name=f"Adresse {next(numbers)}", links=[{"label": "x", "url": "MAILTO:nadia@bücher.example"}])
    assert made["links"][0]["url"] == "mailto:nadia@bücher.example"
    (fault,) = chief.post("/v1/desk/authors", {"name": "x", "links": [{"label": "x", "url": "mailto:"}]}, 422).json()["errors"]
    assert fault["pointer"] == "/links/0/url" and "^" not in fault["detail"]


# ---- passwords

def made_account(admin, password, expect=201):
    email = f"regle-{next(numbers)}@marbre.test"
    return email, admin.post("/v1/desk/accounts", {"email": email, "name": "Quelqu’un", "role": "editor", "password": password}, expect)


@pytest.mark.parametrize("chosen, typed", [
    ("un\u00a0mot\u2003de\u202fpasse\u3000long", "un mot de passe long"), ("un mot de passe long", "un\u00a0mot\u00a0de passe long"),
    ("mot de passe e\u0301te\u0301", "mot de passe été"), ("  des blancs autour  ", "  des blancs autour  ")])
def test_a_password_is_the_same_in_any_spelling_of_its_spaces_and_accents(server, admin, chosen, typed):
    email, _ = made_account(admin, chosen)
    reader = marbre.Client(server)
    for one in (chosen, typed):
        reader.post("/v1/auth/login", {"email": email, "password": one}, 200)
    for other in (typed.strip() if typed != typed.strip() else typed + " ", typed.replace(" ", "")):
        reader.post("/v1/auth/login", {"email": email, "password": other}, 401)


@pytest.mark.parametrize("control", ["\n", "\t", "\x07", "\x7f", "\x85", "\x00"])
def test_a_password_with_a_control_character_is_refused_and_not_changed(server, admin, control):
    wrong = f"un mot de{control}passe long"
    _, reply = made_account(admin, wrong, 422)
    assert [fault["pointer"] for fault in reply.json()["errors"]] == ["/password"]
    someone = server.make_account(f"regle-{next(numbers)}@marbre.test")
    reply = someone.request("PATCH", "/v1/auth/password", 422, json={"current_password": marbre.PASSWORD, "password": wrong})
    assert [fault["pointer"] for fault in reply.json()["errors"]] == ["/password"]


def test_blanks_around_a_logins_address_are_cut(server, admin):
    email, _ = made_account(admin, "un mot de passe long")
    for typed in (f" {email} ", f"{email.upper()}\u00a0", f"\t{email}"):
        marbre.Client(server).post("/v1/auth/login", {"email": typed, "password": "un mot de passe long"}, 200)


# ---- addresses of e-mail

LOCAL = "a" * 64


@pytest.mark.parametrize("sent, kept", [("Léa@x.example", None), ("Ana.Lopes{}@Bücher.example", "ana.lopes{}@xn--bcher-kva.example"),
                                        (" o'neil+desk{}@journal.example ", "o'neil+desk{}@journal.example"),
                                        ("a{}@日本.example", "a{}@xn--wgv71a.example")])
def test_an_account_has_the_address_that_the_form_takes(server, admin, sent, kept):
    number, password = next(numbers), "un mot de passe long"
    body = {"email": sent.format(number), "name": "Quelqu’un", "role": "editor", "password": password}
    if kept is None:
        assert admin.post("/v1/desk/accounts", body, 422).json()["errors"][0]["pointer"] == "/email"
        return
    made = admin.post("/v1/desk/accounts", body, 201).json()["account"]
    assert made["email"] == kept.format(number)
    for typed in (sent.format(number), made["email"], made["email"].upper()):
        marbre.Client(server).post("/v1/auth/login", {"email": typed, "password": password}, 200)
        (fault,) = admin.post("/v1/desk/accounts", {**body, "email": typed}, 409).json()["errors"]
        assert fault["pointer"] == "/email"
    other = f"autre-{number}@Bücher.example"
    changed = admin.patch(f"/v1/desk/accounts/{made['id']}", {"email": other}, made["version"], 200).json()
    assert changed["email"] == f"autre-{number}@xn--bcher-kva.example"
    assert admin.patch(f"/v1/desk/accounts/{made['id']}", {"name": "X"}, changed["version"], 200).json()["email"] == changed["email"]


@pytest.mark.parametrize("email", ["a b@x.example", '"a b"@x.example', "a@localhost", "a@[127.0.0.1]", "@x.example", "a@", LOCAL + "a@x.example"])
def test_an_address_that_is_none_is_told_with_its_place(admin, email):
    (fault,) = admin.post("/v1/desk/accounts", {"email": email, "name": "x", "role": "editor"}, 422).json()["errors"]
    assert fault["pointer"] == "/email" and "e-mail" in fault["detail"]
