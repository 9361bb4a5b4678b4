"""The way of an inquiry, from the line under a story to the sales desk: the options, the form, what a reader is told."""
import itertools
import re
import subprocess

import pytest

import marbre
from forms import DESK, INQUIRIES, Form, address, faults, found, move, pointers, stored
from generate import Maker

OPTIONS, OPTIONS_DESK = "/v1/sponsorship-options", "/v1/desk/sponsorship-options"
THANKS = "https://journal.example/merci?demande={reference}"
PAGE, STRANGER = "https://www.journal.example", "https://evil.example"
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def site(server):
    """As production serves it behind a proxy, for pages of two origins."""
    site = server.serve_beside(MARBRE_TRUSTED_PROXIES="127.0.0.1", MARBRE_FORM_SECONDS_MIN="0", MARBRE_SPONSORSHIP_BURST="0",
                               MARBRE_SITE_URL="https://journal.example/", MARBRE_SITE_ORIGINS=PAGE,
                               MARBRE_SPONSORSHIP_THANKS=THANKS)
    yield site
    assert site.stop() == 0


def option(sales, **fields):
    n = next(numbers)
    return sales.make("sponsorship-options", **{"kind": "newsletter", "label": {"fr": f"La lettre {n}", "en": f"The letter {n}"},
                                                "position": n, **fields})


def numbers_in(text):
    return re.findall(r"\d+", text)


def dump(server):
    """All that the database holds, as text."""
    command = [str(marbre.PSQL).replace("psql", "pg_dump"), "--inserts", "-d", server.database_url("marbre_owner")]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_whole_way_from_the_line_under_a_story_to_erasure(server, site, sales, editor, chief):
    section = chief.make("sections", name=f"Parrainée {next(numbers)}")
    article = chief.act(chief.make_article(title="Sous lequel on lit la ligne", sections=[section["slug"]]), "publish")
    offered = option(sales)
    form = site.client().get(OPTIONS, 200, headers={"Accept-Language": "fr"}).json()
    assert offered["label"]["fr"] in [one["label"] for one in form["options"]]

    person = {"name": "Zoé Quettehou", "email": "zoe.quettehou@brasserie.example", "company": "Brasserie Quettehou-Lessay",
              "phone": "+33 6 55 44 33 22", "budget": "trois mille Quettehous"}
    message = "Nous voudrions, chez Quettehou, parrainer la lettre."
    sent = Form(site, **person, kind=offered["kind"], message=message, article=article["slug"], locale="fr",
                form_token=form["form_token"])
    reference = sent.reference()
    assert re.fullmatch(r"S-[0-9A-Z]{5}-[0-9A-Z]{5}", reference)

    editor.get(DESK, 403)
    inquiry = found(sales, reference)
    editor.get(f"{DESK}/{inquiry['id']}", 403)
    assert {name: inquiry[name] for name in person} == person and inquiry["message"] == message
    assert (inquiry["status"], inquiry["flags"], inquiry["consent_version"]) == ("new", [], form["form"]["consent"]["version"])
    assert inquiry["article"] == {"id": article["id"], "slug": article["slug"], "title": article["title"]}
    assert inquiry["section"]["slug"] == section["slug"]

    inquiry = move(sales, inquiry, status="contacted", assignee=sales.account["id"], due_on="2027-01-15")
    inquiry = sales.post(f"{DESK}/{inquiry['id']}/notes", {"note": "Zoé rappelle jeudi, Quettehou d’accord."}, 200,
                         headers={"Idempotency-Key": f"note-{reference}"}).json()
    inquiry = move(sales, inquiry, status="won")
    assert [(event["act"], event["status"]) for event in inquiry["history"]] == [
        ("received", "new"), ("changed", "contacted"), ("noted", "contacted"), ("changed", "won")]

    csv = sales.get(f"{DESK}.csv?section={section['slug']}", 200).content.decode()
    assert person["name"] in csv and reference in csv and csv.count("\r\n") == 2
    assert "Quettehou" in dump(server) and "zoe.quettehou" in dump(server)

    counts = sales.get(f"{DESK}/counts", 200).json()
    assert sales.post(f"{DESK}/erase", {"email": "Zoe.Quettehou@Brasserie.example"}, 200).json() == {"erased": 1}
    text = dump(server)
    for trace in ("Quettehou", "quettehou", "Zoé", "55 44 33 22", "trois mille", message):
        assert trace not in text, trace
    erased = sales.get(f"{DESK}/{inquiry['id']}", 200).json()
    assert erased["erased_at"] and {erased[name] for name in [*person, "message"]} == {None}
    assert erased["status"] == "won" and sales.get(f"{DESK}/counts", 200).json() == counts
    assert reference not in sales.get(f"{DESK}.csv", 200).text


# ---- what can be sponsored

def test_options_are_listed_in_the_readers_language_and_in_the_order_of_the_desk(site, sales):
    second, first = option(sales, position=900002), option(sales, position=900001)
    hidden = option(sales, offered=False)
    for language in ("fr", "en"):
        form = site.client().get(OPTIONS, 200, headers={"Accept-Language": language}).json()
        ids = [one["id"] for one in form["options"]]
        assert ids.index(first["id"]) < ids.index(second["id"]) and hidden["id"] not in ids
        assert form["options"][ids.index(first["id"])]["label"] == first["label"][language] and form["language"] == language


@pytest.mark.parametrize("accept, language", [
    (None, "fr"), ("", "fr"), ("en", "en"), ("fr", "fr"), ("en-GB,en;q=0.9,fr;q=0.8", "en"), ("fr-CA, en;q=0.5", "fr"),
    ("de, en;q=0.4, fr;q=0.7", "fr"), ("de", "fr"), ("*", "fr"), ("en;q=0, fr", "fr"), ("EN", "en"), ("fr;q=0.1, en;q=0.11", "en"),
    ("fr;q=x, en;q=0.001", "en"), (";;,,en", "en"), ("en;q=0", "fr"), ("enfr", "fr")])
def test_the_language_is_what_the_reader_asks_for(site, accept, language):
    reply = site.client().get(OPTIONS, 200, headers={"Accept-Language": accept} if accept is not None else {})
    assert reply.json()["language"] == reply.headers["Content-Language"] == language
    assert "Accept-Language" in reply.headers["Vary"] and reply.headers["Cache-Control"] == "no-store"


def test_sales_keeps_the_options_as_others_keep_tags(server, sales, admin):
    made = option(sales, description={"fr": "Douze mille lecteurs.", "en": "Twelve thousand readers."})
    path = f"{OPTIONS_DESK}/{made['id']}"
    assert sales.get(path, 200).json() == made and sales.get(path).headers["ETag"] == '"v1"'
    changed = sales.patch(path, {"label": {"en": "The Friday letter"}, "offered": False}, 1, 200).json()
    assert changed["label"] == {"fr": made["label"]["fr"], "en": "The Friday letter"} and changed["version"] == 2
    assert sales.patch(path, changed, 2, 200).json() == changed, "what was read can be sent back"
    assert sales.patch(path, {"version": 7}, 2, 422).json()["errors"][0]["pointer"] == "/version"
    conflict = admin.patch(path, {"position": 3}, 1, 412).json()
    assert conflict["version"] == 2 and conflict["changed"] == ["label", "offered"]
    assert sales.patch(path, {"description": None}, 2, 200).json()["description"] is None
    assert made["id"] not in [one["id"] for one in sales.get(f"{OPTIONS_DESK}?offered=true&limit=100", 200).json()["data"]]
    sales.request("DELETE", path, 428)
    sales.request("DELETE", path, 204, headers={"If-Match": '"v3"'})
    sales.get(path, 404)
    told = [(act["operation"], act["fields"]) for act in admin.get(f"/v1/desk/audit?thing={made['id']}", 200).json()["data"]]
    assert told[0] == ("delete_sponsorship_option", []) and told[-1][0] == "create_sponsorship_option"


def test_a_label_has_both_languages(sales):
    for label in ({"fr": "Une lettre"}, {"fr": "Une lettre", "en": " "}, {"fr": "Une lettre", "en": "A letter", "de": "Ein Brief"}, "x"):
        reply = sales.post(OPTIONS_DESK, {"kind": "other", "label": label}, 422)
        assert all(pointer.startswith("/label") for pointer in pointers(reply))


def test_the_form_says_of_its_fields_what_the_contract_says(site):
    form = site.client().get(OPTIONS, 200).json()["form"]
    schema = site.contract.spec["components"]["schemas"]["NewSponsorshipInquiry"]
    fields = {field["name"]: field for field in form["fields"]}
    assert list(fields) == [name for name in fields if name in schema["properties"]] and set(fields) == set(schema["properties"])
    assert {name for name, field in fields.items() if field["required"]} == set(schema["required"])
    for name, field in fields.items():
        if field["max_length"]:
            assert field["max_length"] == schema["properties"][name]["maxLength"], name
    assert [choice["value"] for choice in fields["kind"]["choices"]] == \
        site.contract.spec["components"]["schemas"]["SponsorshipKind"]["enum"]
    assert [name for name, field in fields.items() if field["trap"]] == ["website"]
    assert (form["action"], form["method"]) == (INQUIRIES, "POST")


def test_the_form_of_the_readme_sends_what_is_taken(server):
    html = re.search("```html\n(.*?)```", (marbre.ROOT / "README.md").read_text(), re.S)[1]
    form = Form(server)
    names = re.findall(r'<(?:input|select|textarea)[^>]* name="(\w+)"', html)
    assert set(re.findall(r'name="(\w+)"[^>]* required', html)) | {"kind", "form_token"} == \
        set(server.contract.spec["components"]["schemas"]["NewSponsorshipInquiry"]["required"])
    form.post(202, **{name: form.body.get(name, "") for name in names})


# ---- sending it

def test_a_form_of_html_is_taken_like_the_json_of_a_script(server, site, sales):
    form = Form(site, company="", phone="", budget="", article="", section="", website="", locale="en")
    reply = form.post(303)
    assert re.fullmatch(r"https://journal\.example/merci\?demande=S-\w{5}-\w{5}", reply.headers["Location"])
    assert not reply.content
    inquiry = found(sales, reply.headers["Location"].rsplit("=", 1)[1])
    assert (inquiry["name"], inquiry["company"], inquiry["locale"]) == (form.body["name"], None, "en")


def test_without_a_page_of_thanks_a_form_is_told_its_reference(server, sales):
    form = Form(server, message="Un + deux = « trois » & plus,\r\net une ligne encore %41")
    inquiry = found(sales, form.post(202).json()["reference"])
    assert inquiry["message"] == "Un + deux = « trois » & plus,\net une ligne encore %41"


def test_a_script_is_never_led_away(site):
    assert Form(site).send(202).headers.get("Location") is None


def test_every_fault_is_named_at_its_field_in_the_language_of_the_form(site):
    wrong = dict(name="deux\nlignes", email="nulle part", kind="film", message="court", consent=False, phone="x" * 41)
    english = Form(site, language="fr", locale="en").send(422, **wrong)
    french = Form(site, language="en", locale="fr-CA").send(422, **wrong)
    by_browser = Form(site, language="fr").post(422, **{**wrong, "consent": "off"})
    expected = ["/consent", "/email", "/kind", "/message", "/name", "/phone"]
    assert pointers(english) == pointers(french) == pointers(by_browser) == expected
    assert faults(english)["/email"] == '"nulle part" is not an e-mail address.'
    assert faults(french)["/email"] == '"nulle part" n’est pas une adresse e-mail.'
    assert french.json()["title"] == "La demande n’est pas valable" and french.json()["detail"] == "6 erreurs ont été trouvées."
    assert (french.headers["Content-Language"], english.headers["Content-Language"]) == ("fr", "en")
    assert "obligatoire" in faults(Form(site, language="fr").send(422, name=None))["/name"]


def test_every_fault_that_the_form_can_have_is_told_in_either_language(site):
    spec, form = site.contract.spec, Form(site)
    told = set()
    for fault in Maker(spec).faults(spec["components"]["schemas"]["NewSponsorshipInquiry"], form.body):
        if fault.pointer == "/locale":  # which says itself what it is told in
            continue
        english, french = (site.client().post(INQUIRIES, fault.value, 422, headers={
            "Accept-Language": language, "X-Forwarded-For": address()}) for language in ("en", "fr"))
        assert pointers(english) == pointers(french), fault
        assert english.json()["title"] != french.json()["title"] and english.json()["detail"] != french.json()["detail"]
        for pointer, detail in faults(english).items():
            assert faults(french)[pointer] != detail and numbers_in(faults(french)[pointer]) == numbers_in(detail), fault
            told.add(pointer)
    assert told >= {f"/{name}" for name in form.body}


def test_what_is_wrong_with_the_request_itself_is_told_in_french_too(site):
    client, french = site.client(), {"Accept-Language": "fr", "X-Forwarded-For": "192.0.2.77"}
    for status, words, arguments in ((400, "Le corps n’est pas du JSON", {"data": "{", "headers": {"Content-Type": "application/json"}}),
                                     (415, "Cette opération accepte", {"data": "x", "headers": {"Content-Type": "text/plain"}}),
                                     (413, "octets", {"data": "x" * 40000, "headers": {"Content-Type": "application/json"}}),
                                     (403, "https://evil.example", {"json": {}, "headers": {"Origin": STRANGER}})):
        arguments["headers"] = {**french, **arguments["headers"]}
        assert words in client.request("POST", INQUIRIES, status, **arguments).json()["detail"]


def test_the_key_of_a_request_gives_its_answer_again_to_whoever_has_all_of_it(server, site):
    form, key = Form(site), {"Idempotency-Key": f"clé-{next(numbers)}".encode()}
    first = form.send(headers=key)
    again = form.send(headers=key)
    assert again.json() == first.json() and again.headers["Idempotency-Replayed"] == "true"
    other = Form(site).send(headers=key)
    assert other.json() != first.json() and "Idempotency-Replayed" not in other.headers, "a stranger's key is nobody's"
    kept = server.sql("select answer from idempotency_records where operation = 'send_sponsorship_inquiry'")
    assert first.json()["reference"] in kept and "aicha" not in kept and "Benali" not in kept


def test_the_source_is_what_readers_can_see(site, sales, chief):
    draft = chief.make_article(title="Encore secret")
    for source in (draft["slug"], draft["id"], "nulle-part", "01890000-0000-7000-8000-000000000000", "<b>"):
        assert found(sales, Form(site, article=source).reference())["article"] is None, "an inquiry is not lost by it"
    section = chief.make("sections", name=f"D’où l’on vient {next(numbers)}")
    assert found(sales, Form(site, section=section["slug"]).reference())["section"]["id"] == section["id"]
    assert found(sales, Form(site, section="nulle-part").reference())["section"] is None


# ---- from where

@pytest.mark.parametrize("origin", [PAGE, "https://journal.example"])
def test_pages_of_the_site_may_send_it(site, origin):
    asked = site.client().request("OPTIONS", INQUIRIES, 204, headers={"Origin": origin, "Access-Control-Request-Method": "POST",
                                                                     "Access-Control-Request-Headers": "content-type"})
    assert asked.headers["Access-Control-Allow-Origin"] == origin and "POST" in asked.headers["Access-Control-Allow-Methods"]
    reply = Form(site).send(headers={"Origin": origin})
    assert reply.headers["Access-Control-Allow-Origin"] == origin and "Origin" in reply.headers["Vary"]
    assert Form(site).post(303, headers={"Origin": origin}).headers["Location"]


@pytest.mark.parametrize("origin", [STRANGER, "http://journal.example", "https://journal.example.evil.example", PAGE + ":444", "x"])
def test_pages_of_others_may_not(server, site, origin):
    before = stored(server)
    asked = site.client().request("OPTIONS", INQUIRIES, 204, headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    assert "Access-Control-Allow-Origin" not in asked.headers
    for send in (Form(site).send, Form(site).post):
        reply = send(403, headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in reply.headers and reply.json()["type"] == "/problems/forbidden"
    assert stored(server) == before


def test_who_says_null_keeps_its_address_to_itself_and_is_heard(site):
    reply = Form(site).post(303, headers={"Origin": "null"})
    assert "Access-Control-Allow-Origin" not in reply.headers


def test_the_page_of_thanks_is_nobodys_to_choose(site):
    for name in ("next", "redirect", "return_to", "location"):
        assert pointers(Form(site).post(422, **{name: STRANGER})) == [f"/{name}"]
    assert Form(site).post(303, name=STRANGER).headers["Location"].startswith("https://journal.example/merci?")


# ---- what is agreed to

def test_an_inquiry_has_the_consent_that_its_sender_was_shown(server, site, sales, admin):
    before = Form(site)
    version = site.client().get(OPTIONS, 200).json()["form"]["consent"]["version"]
    wording = {"fr": "J’accepte tout autre chose.", "en": "I agree to something else."}
    made = sales.post("/v1/desk/consent-texts", {"text": wording}, 201)
    assert made.json()["version"] == version + 1 and made.json()["text"] == wording
    assert sales.get(made.headers["Location"], 200).json() == made.json()
    shown = site.client().get(OPTIONS, 200, headers={"Accept-Language": "en"}).json()["form"]["consent"]
    assert shown == {"version": version + 1, "text": wording["en"]}
    assert found(sales, before.reference())["consent_version"] == version
    assert found(sales, Form(site).reference())["consent_version"] == version + 1
    assert [text["version"] for text in sales.get("/v1/desk/consent-texts", 200).json()["data"]][:2] == [version + 1, version]
    for act in ("update consent_texts set version = 9", "delete from consent_texts"):
        with pytest.raises(RuntimeError, match="permission denied"):
            server.sql(act, role="marbre_server")
