"""What the sales desk does with inquiries: find them, move them on, note, hand on, count, take them into a spreadsheet."""
import concurrent.futures
import csv
import http.client
import io
import itertools
import re
import socket

import pytest

import marbre
from forms import DESK, Form, found, move, pointers

NOWHERE = "01890000-0000-7000-8000-000000000000"
STATUSES = ["new", "contacted", "qualified", "won", "lost", "spam"]
STEPS = {"new": {"contacted", "lost", "spam"}, "contacted": {"qualified", "won", "lost", "spam"}, "qualified": {"won", "lost", "spam"},
         "won": {"qualified"}, "lost": {"contacted"}, "spam": {"new"}}
numbers = itertools.count(1)


def inquiry(server, sales, **filled):
    return found(sales, Form(server, **filled).reference())


def listed(sales, query=""):
    return [one["reference"] for one in sales.get(f"{DESK}?limit=100&{query}", 200).json()["data"]]


def rows(reply):
    return list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig"), newline="")))


def acts(admin, query):
    return admin.get(f"/v1/desk/audit?{query}&limit=100", 200).json()["data"]


# ---- finding

def test_the_list_is_filtered_by_all_that_sales_looks_for(server, sales, chief):
    section = chief.make("sections", name=f"Cherchée {next(numbers)}")
    article = chief.act(chief.make_article(title="Sous lequel on cherche", sections=[section["slug"]]), "publish")
    other = inquiry(server, sales)
    mine = inquiry(server, sales, kind="event", article=article["id"], company="Éditions Œuvrières", message="Un gala, peut-être ?")
    mine = move(sales, mine, status="contacted", assignee=sales.account["id"])
    of_section = f"section={section['slug']}"
    for query in ("status=contacted", "status=won&status=contacted", "kind=event", "kind=event&kind=other", f"assignee={sales.account['id']}",
                  "q=œuvrières", "q=ŒUVRIÈRES", f"q={mine['reference']}", f"q={mine['email'][:12]}", "q=GALA",
                  f"since={mine['created_at']}", "until=2099-01-01T00:00:00Z"):
        assert listed(sales, f"{of_section}&{query}") == [mine["reference"]], query
    for query in ("status=new", "kind=section", f"assignee={NOWHERE}", "q=nulle-part", "since=2099-01-01T00:00:00Z",
                  f"until={mine['created_at']}"):
        assert listed(sales, f"{of_section}&{query}") == [], query
    assert listed(sales, f"section={section['id']}") == [mine["reference"]]
    assert other["reference"] not in listed(sales, of_section) and listed(sales, "section=nulle-part") == []
    for wrong in ("status=done", "kind=film", "assignee=moi", "since=hier", "q=", "status=new&status=new", "erased=true"):
        assert pointers(sales.get(f"{DESK}?{wrong}", 400))[0].split("/")[0] == "?" + wrong.split("=")[0]


def test_pages_follow_each_other_newest_first_whatever_comes_meanwhile(server, sales):
    made = [inquiry(server, sales, company=f"Paginée {n}", message="Une page après l’autre")["reference"] for n in range(7)][::-1]
    seen, path = [], f"{DESK}?q=Une page après l’autre&limit=3"
    while path:
        page = sales.get(path, 200)
        seen += [one["reference"] for one in page.json()["data"]]
        link = re.fullmatch(r'<([^>]+)>; rel="next"', page.headers.get("Link", ""))
        path = link and link[1]
        inquiry(server, sales, message="Une page après l’autre")
    assert seen == made
    cursor = sales.get(f"{DESK}?limit=1", 200).json()["next"]
    assert pointers(sales.get(f"{DESK}?limit=1&status=won&cursor={cursor}", 400)) == ["?cursor"]


def test_who_may_see_inquiries_is_sales_and_admins(server, sales, admin):
    one = inquiry(server, sales)
    for role in ("contributor", "editor", "chief"):
        client = server.client(role)
        for path in (DESK, f"{DESK}/{one['id']}", f"{DESK}.csv", f"{DESK}/counts", "/v1/desk/sponsorship-options", "/v1/desk/consent-texts"):
            assert one["email"] not in client.get(path, 403).text
        for path in ("export", "erase"):
            client.post(f"{DESK}/{path}", {"email": one["email"]}, 403)
        client.post(f"{DESK}/{one['id']}/notes", {"note": "x"}, 403)
    assert admin.get(f"{DESK}/{one['id']}", 200).json()["reference"] == one["reference"]
    server.client().get(DESK, 401)


# ---- moving on

def test_a_status_goes_where_it_may_and_nowhere_else(server, sales):
    ways = {"new": [], "contacted": ["contacted"], "qualified": ["contacted", "qualified"], "won": ["contacted", "qualified", "won"],
            "lost": ["lost"], "spam": ["spam"]}
    for status, way in ways.items():
        for becomes in STATUSES:
            one = inquiry(server, sales)
            for step in way:
                one = move(sales, one, status=step)
            assert one["status"] == status and set(one["steps"]) == STEPS[status]
            allowed = becomes in STEPS[status] or becomes == status
            reply = move(sales, one, 200 if allowed else 409, status=becomes)
            if not allowed:
                assert reply["status_now"] == status and status in reply["detail"]


def test_a_change_names_the_version_that_was_read(server, sales, admin):
    one = inquiry(server, sales)
    two = move(sales, one, status="contacted")
    stale = move(admin, one, 412, due_on="2027-01-01")
    assert stale["version"] == 2 and stale["changed"] == ["status"] and stale["updated_by"]["id"] == sales.account["id"]
    sales.patch(f"{DESK}/{one['id']}", {"due_on": "2027-01-01"}, None, 428)
    assert move(sales, two, status="contacted")["version"] == 2, "what changes nothing is no version"
    assert sales.get(f"{DESK}/{one['id']}", 200).headers["ETag"] == '"v2"'


def test_what_was_read_can_be_sent_back_and_what_the_sender_wrote_cannot_be_changed(server, sales):
    one = inquiry(server, sales)
    whole = {name: value for name, value in one.items()}
    assert move(sales, one, **whole)["version"] == 1
    for name in ("name", "email", "message", "flags", "reference", "created_at", "history"):
        assert pointers_of(move(sales, one, 422, **{name: "autre" if name not in ("flags", "history") else ["burst"]})) == [f"/{name}"]


def pointers_of(problem):
    return [fault["pointer"] for fault in problem["errors"]]


def test_somebody_of_sales_looks_after_it_and_nobody_else(server, sales, admin, editor):
    one = inquiry(server, sales)
    for account in (sales.account["id"], {"id": admin.account["id"]}, None):
        one = move(sales, one, assignee=account)
        assert (one["assignee"] or {}).get("id") == (account["id"] if isinstance(account, dict) else account)
    for nobody in (editor.account["id"], NOWHERE):
        assert pointers_of(move(sales, one, 422, assignee=nobody)) == ["/assignee"]
    assert pointers_of(move(sales, one, 422, due_on="2027-02-30")) == ["/due_on"]
    assert move(sales, move(sales, one, due_on="2027-02-28"), due_on=None)["due_on"] is None


def test_notes_stand_in_the_history_with_who_wrote_them_and_when(server, sales, admin):
    one = inquiry(server, sales)
    first = sales.post(f"{DESK}/{one['id']}/notes", {"note": "Rappeler."}, 200, headers={"Idempotency-Key": one["id"]})
    again = sales.post(f"{DESK}/{one['id']}/notes", {"note": "Rappeler."}, 200, headers={"Idempotency-Key": one["id"]})
    assert again.json() == first.json() and again.headers["Idempotency-Replayed"] == "true"
    both = admin.post(f"{DESK}/{one['id']}/notes", {"note": "Fait.\nEt bien fait."}, 200).json()
    told = [(event["note"], event["account"]["id"]) for event in both["history"] if event["act"] == "noted"]
    assert told == [("Rappeler.", sales.account["id"]), ("Fait.\nEt bien fait.", admin.account["id"])]
    assert both["version"] == 3 and both["last_contact_at"] > one["last_contact_at"]
    for note in ("", "  \n ", "x" * 4001):
        sales.post(f"{DESK}/{one['id']}/notes", {"note": note}, 422)
    sales.post(f"{DESK}/{NOWHERE}/notes", {"note": "x"}, 404)


def test_of_parallel_changes_one_is_made_and_the_others_are_told(server, sales):
    one = inquiry(server, sales)
    clients = [server.make_account(f"vente-{next(numbers)}@marbre.test", "sales") for _ in range(4)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda client: client.patch(f"{DESK}/{one['id']}", {"status": "contacted"}, 1).status_code, clients))
    assert sorted(done) == [200, 412, 412, 412]
    assert sales.get(f"{DESK}/{one['id']}", 200).json()["version"] == 2


def test_the_database_keeps_the_rules_for_whoever_writes(server, sales):
    one = inquiry(server, sales)
    with pytest.raises(RuntimeError, match="goes from there to"):
        server.sql(f"update sponsorship_inquiries set status = 'won' where id = '{one['id']}'")
    with pytest.raises(RuntimeError, match="sponsorship_inquiries_erased"):
        server.sql(f"update sponsorship_inquiries set erased_at = now() where id = '{one['id']}'")


# ---- as a file

def test_a_csv_file_has_what_the_list_has_for_a_spreadsheet(server, sales):
    mark = f"Classée-{next(numbers)}"
    one = inquiry(server, sales, company=f'{mark}, "La Belle"', message="Deux\nlignes; et “guillemets”, à é œ 中", phone="+33 1 02 03")
    two = move(sales, inquiry(server, sales, company=mark), status="contacted", assignee=sales.account["id"], due_on="2027-03-01")
    reply = sales.get(f"{DESK}.csv?q={mark}", 200)
    assert reply.content.startswith(b"\xef\xbb\xbf") and reply.content.endswith(b"\r\n")
    assert [row["reference"] for row in rows(reply)] == [two["reference"], one["reference"]]
    first, second = rows(reply)
    assert (first["status"], first["assignee"], first["due_on"]) == ("contacted", sales.account["name"], "2027-03-01")
    assert second["company"] == f'{mark}, "La Belle"' and second["message"] == "Deux\nlignes; et “guillemets”, à é œ 中"
    assert second["phone"] == "'+33 1 02 03", "a plus would begin a formula"
    assert rows(sales.get(f"{DESK}.csv?q=nulle-part-du-tout", 200)) == []


@pytest.fixture(scope="module")
def many(server, sales):
    """Two pages and a half of them, written by the database itself."""
    server.sql("insert into sponsorship_inquiries (id, reference, status, kind, name, email, mailbox, message, locale, consent_version, company,"
               " created_at) select gen_random_uuid(), 'M-' || n, 'lost', 'other', 'Nom ' || n, 'm@m.example', 'm@m.example', repeat('m', 3000),"
               " 'fr', 1, 'En nombre', now() - n * interval '1 minute' from generate_series(1, 1250) n")
    return 1250


def test_a_long_file_is_sent_page_by_page_and_is_whole(server, sales, many):
    reply = sales.get(f"{DESK}.csv?q=En nombre", 200)
    assert reply.headers["Transfer-Encoding"] == "chunked" and "Content-Length" not in reply.headers
    assert [row["reference"] for row in rows(reply)] == [f"M-{n}" for n in range(1, many + 1)]
    sales.get(f"{DESK}?limit=1", 200)


def ask(server, sales, line, *fields):
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    token = sales.session.headers["Authorization"]
    connection.sendall("\r\n".join([line, "Host: x", f"Authorization: {token}", *fields, "", ""]).encode())
    return connection


def test_an_old_client_knows_the_end_of_a_file_by_the_connections(server, sales, many):
    with ask(server, sales, f"GET {DESK}.csv?q=En%20nombre HTTP/1.0") as connection:
        head, body = connection.makefile("rb").read().split(b"\r\n\r\n", 1)
    assert b"chunked" not in head and b"Content-Length" not in head and b"Connection: close" in head
    assert body.count(b"\r\n") == many + 1 and body.endswith(b"\r\n")


def test_the_connection_goes_on_after_a_long_file(server, sales, many):
    with ask(server, sales, f"GET {DESK}.csv?q=En%20nombre HTTP/1.1") as connection:
        for expected in (many, many):
            reply = http.client.HTTPResponse(connection, method="GET")
            reply.begin()
            assert reply.read().count(b"\r\n") == expected + 1
            token = sales.session.headers["Authorization"]
            connection.sendall(f"GET {DESK}.csv?q=En%20nombre HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n\r\n".encode())


def test_head_of_a_long_file_has_no_body_and_the_next_answer_follows(server, sales, many):
    line = f"HEAD {DESK}.csv?q=En%20nombre HTTP/1.1"
    with ask(server, sales, line) as connection:
        connection.sendall(f"HEAD {DESK}.csv HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: "
                           f"{sales.session.headers['Authorization']}\r\n\r\n".encode())
        first, second, rest = connection.makefile("rb").read().split(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 200 ") and second.startswith(b"HTTP/1.1 200 ") and rest == b""


def test_a_reader_who_leaves_in_the_middle_leaves_nothing_behind(server, sales, many):
    for _ in range(5):
        with ask(server, sales, f"GET {DESK}.csv?q=En%20nombre HTTP/1.1") as connection:
            connection.recv(1000)
    assert len(rows(sales.get(f"{DESK}.csv?q=En nombre", 200))) == many


def test_a_page_is_read_only_when_the_one_before_was_taken(server, sales, admin, many):
    """Whoever takes nothing makes the server read no more than what sockets hold: the audit says what was read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", server.port))
    server.sql("insert into sponsorship_inquiries (id, reference, status, kind, name, email, mailbox, message, locale, consent_version, company)"
               " select gen_random_uuid(), 'L-' || n, 'lost', 'other', 'Nom', 'l@l.example', 'l@l.example', repeat('é', 5000), 'fr', 1, 'Lente'"
               " from generate_series(1, 2500) n")
    connection.sendall(f"GET {DESK}.csv?q=Lente HTTP/1.1\r\nHost: x\r\nX-Request-Id: lente-lente\r\nAuthorization: "
                       f"{sales.session.headers['Authorization']}\r\n\r\n".encode())
    connection.settimeout(20)
    assert connection.recv(10)
    looked = "select count(*) from audit where request_id = 'lente-lente'"
    marbre.wait_for(lambda: int(server.sql(looked)) >= 500, "the first page to be read")
    assert int(server.sql(looked)) <= 1500, "25 MB are not read for a client that takes none of it"
    connection.close()
    server.sql("delete from sponsorship_inquiries where company = 'Lente'")


# ---- counts

def test_counts_tell_months_kinds_statuses_and_articles(server, sales, chief):
    article = chief.act(chief.make_article(title=f"Compté {next(numbers)}"), "publish")
    def counts(query=""):
        return sales.get(f"{DESK}/counts?{query}", 200).json()
    before = counts()
    old = inquiry(server, sales, kind="section", article=article["slug"])
    server.sql(f"update sponsorship_inquiries set created_at = '2024-02-29T23:30:00Z' where id = '{old['id']}'")
    move(sales, inquiry(server, sales, kind="section", article=article["slug"]), status="lost")
    after = counts()
    def of(told, by, name, value):
        return next((one["count"] for one in told[by] if one[name] == value), 0)
    assert after["total"] == before["total"] + 2 and of(after, "by_month", "month", "2024-02") == of(before, "by_month", "month", "2024-02") + 1
    assert of(after, "by_kind", "kind", "section") == of(before, "by_kind", "kind", "section") + 2
    for status in ("new", "lost"):
        assert of(after, "by_status", "status", status) == of(before, "by_status", "status", status) + 1
    assert {"article": {"id": article["id"], "slug": article["slug"], "title": article["title"]}, "count": 2} in after["by_article"]
    february = counts("since=2024-02-01T00:00:00Z&until=2024-03-01T00:00:00Z")
    assert february["total"] == 1 and february["by_kind"] == [{"kind": "section", "count": 1}]
    for told in (after, february):
        assert all(sum(one["count"] for one in told[by]) == told["total"] for by in ("by_month", "by_kind", "by_status"))


# ---- who looked

def test_each_look_at_personal_data_is_in_the_audit(server, sales, admin):
    one = inquiry(server, sales)
    before = len(acts(admin, f"thing={one['id']}"))
    sales.get(f"{DESK}/{one['id']}", 200)
    sales.get(f"{DESK}?q={one['reference']}", 200)
    sales.get(f"{DESK}.csv?q={one['reference']}", 200)
    sales.post(f"{DESK}/export", {"email": one["email"]}, 200)
    looks = acts(admin, f"thing={one['id']}")[:-before]
    assert [act["operation"] for act in looks] == ["export_sponsorship_inquiries_of_person", "export_sponsorship_inquiries",
                                                   "list_sponsorship_inquiries", "read_sponsorship_inquiry"]
    assert {(act["account"]["id"], act["kind"], act["address"]) for act in looks} == {(sales.account["id"], "sponsorship_inquiries", "127.0.0.1")}
    sales.get(f"{DESK}/counts", 200)
    assert len(acts(admin, f"thing={one['id']}")) == before + 4, "a count shows nobody"
    sales.get(f"{DESK}/{NOWHERE}", 404)
    assert not acts(admin, f"thing={NOWHERE}")


def test_what_is_not_on_the_page_was_not_looked_at(server, sales, admin):
    older, newer = inquiry(server, sales, company="À voir"), inquiry(server, sales, company="À voir")
    looks = [len(acts(admin, f"thing={one['id']}")) for one in (older, newer)]
    assert [one["reference"] for one in sales.get(f"{DESK}?q=À voir&limit=1", 200).json()["data"]] == [newer["reference"]]
    assert [len(acts(admin, f"thing={one['id']}")) for one in (older, newer)] == [looks[0], looks[1] + 1]


def test_the_audit_cannot_be_changed_and_has_no_values(server, sales, admin):
    one = inquiry(server, sales, name="Introuvable Au-Registre", message="Introuvable, lui aussi")
    move(sales, one, status="contacted")
    sales.post(f"{DESK}/{one['id']}/notes", {"note": "Introuvable, elle aussi"}, 200)
    assert "ntrouvable" not in server.sql("select row_to_json(a) from audit a")
    fields = [act["fields"] for act in acts(admin, f"thing={one['id']}") if act["operation"] in ("patch_sponsorship_inquiry", "add_sponsorship_note")]
    assert fields == [["notes"], ["status"]]
    for act in ("update audit set operation = 'x'", "delete from audit"):
        with pytest.raises(RuntimeError, match="permission denied"):
            server.sql(act, role="marbre_server")
