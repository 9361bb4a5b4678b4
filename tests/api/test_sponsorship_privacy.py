"""Whose data it is: how long it is kept, how it is given out, and that what was erased can be read nowhere."""
import concurrent.futures
import itertools
import re
import subprocess

import pytest

import marbre
from forms import DESK, Form, found, move, stored, wait_until

numbers = itertools.count(1)


@pytest.fixture(scope="module")
def worker(server):
    """A server beside, which does what is due every second."""
    worker = server.serve_beside(MARBRE_JOBS_SECONDS="1", MARBRE_WORKERS="1")
    yield worker
    assert worker.stop() == 0


def do(server, job):
    """Lets a job be due, and waits until it was done."""
    server.sql(f"insert into jobs (name, due_at) values ('{job}', now()) on conflict (name) do update set due_at = now()")
    wait_until(lambda: server.sql(f"select due_at > now() from jobs where name = '{job}'") == "t", f"{job} to be done")


def age(server, inquiry, months, column="last_contact_at"):
    server.sql(f"update sponsorship_inquiries set {column} = now() - interval '{months} months' where id = '{inquiry['id']}'")


def dump(server):
    command = [str(marbre.PSQL).replace("psql", "pg_dump"), "--inserts", "-d", server.database_url("marbre_owner")]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def jobs_logged(worker, job):
    return [int(n) for n in re.findall(rf'"event":"server.job","detail":"{job}: (\d+) erased"', worker.log_text())]


# ---- erasure

def test_one_call_erases_a_person_everywhere(server, sales, admin):
    word = f"Kerguelen{next(numbers)}"
    email = f"{word.lower()}@archipel.example"
    sent = Form(server, name=f"Anne {word}", email=email, company=f"{word} SARL", phone="+33 7 11 22 33 44 55", budget=f"{word} euros",
                message=f"Depuis {word}, bonjour à tous.", locale="fr")
    first = found(sales, sent.send(headers={"Idempotency-Key": f"clé-{next(numbers)}".encode()}).json()["reference"])
    second = found(sales, Form(server, name=f"Anne {word}", email=email.upper(), message=f"{word} encore, et autrement").reference())
    first = move(sales, first, status="contacted")
    sales.post(f"{DESK}/{first['id']}/notes", {"note": f"{word} rappelle."}, 200, headers={"Idempotency-Key": word})
    other = found(sales, Form(server, message="Celle-ci reste.").reference())
    hash_before = server.sql(f"select distinct mailbox_hash from sponsorship_inquiries where mailbox = '{email}'")
    assert len(re.findall(word, dump(server), re.I)) > 8, "before, it is all over the place"

    assert sales.post(f"{DESK}/erase", {"email": f"{word}@Archipel.example"}, 200).json() == {"erased": 2}
    text = dump(server)
    assert not re.search(f"{word}|11 22 33 44 55", text, re.I)
    assert sales.post(f"{DESK}/erase", {"email": email}, 200).json() == {"erased": 0}
    assert sales.post(f"{DESK}/export", {"email": email}, 200).json() == {"email": email, "inquiries": []}
    assert sales.get(f"{DESK}/{other['id']}", 200).json()["message"] == "Celle-ci reste."

    gone = sales.get(f"{DESK}/{first['id']}", 200).json()
    assert [event["act"] for event in gone["history"]] == ["received", "changed", "noted", "erased"]
    assert not any(event["note"] for event in gone["history"]) and gone["status"] == "contacted" and gone["reference"] == first["reference"]
    for query in (f"q={first['reference']}", f"q={word}"):
        assert sales.get(f"{DESK}?{query}", 200).json()["data"] == []
    act = next(act for act in admin.get(f"/v1/desk/audit?thing={first['id']}", 200).json()["data"] if act["fields"] == ["erased"])
    assert act["operation"] == "erase_sponsorship_inquiries" and act["account"]["id"] == sales.account["id"]
    assert act["subject"] == hash_before and re.fullmatch("[0-9a-f]{64}", act["subject"])
    assert second["id"] in [one["thing"] for one in admin.get("/v1/desk/audit?operation=erase_sponsorship_inquiries", 200).json()["data"]]


def test_nothing_is_done_any_more_with_what_was_erased(server, sales):
    inquiry = found(sales, (form := Form(server)).reference())
    sales.post(f"{DESK}/erase", {"email": form.body["email"]}, 200)
    gone = sales.get(f"{DESK}/{inquiry['id']}", 200).json()
    assert "erased" in move(sales, gone, 409, status="contacted")["detail"]
    sales.post(f"{DESK}/{inquiry['id']}/notes", {"note": "Trop tard."}, 409)
    with pytest.raises(RuntimeError, match="erased"):
        server.sql(f"update sponsorship_inquiries set name = 'Revenue' where id = '{inquiry['id']}'")


def test_a_note_that_is_being_written_meanwhile_is_erased_as_well(server, sales):
    inquiry = found(sales, (form := Form(server)).reference())
    other = server.sql_session()
    other.send(f"begin; update sponsorship_inquiries set last_contact_at = now() where id = '{inquiry['id']}';"
               f"insert into sponsorship_events (inquiry_id, act, status, note) values ('{inquiry['id']}', 'noted', 'new',"
               " 'Écrite au même moment');")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        erasing = pool.submit(sales.post, f"{DESK}/erase", {"email": form.body["email"]}, 200)
        wait_until(lambda: server.sql("select count(*) from pg_locks where not granted") != "0", "the erasure to wait")
        other.send("commit;")
        assert erasing.result().json() == {"erased": 1}
    other.close()
    assert "Écrite au même moment" not in dump(server)


def test_whoever_was_erased_may_write_again(server, sales):
    form = Form(server)
    form.reference()
    sales.post(f"{DESK}/erase", {"email": form.body["email"]}, 200)
    again = found(sales, Form(server, email=form.body["email"], message=form.body["message"]).reference())
    assert again["email"] == form.body["email"]


def test_the_refusals_of_the_form_are_kept_without_what_was_in_it(server, sales):
    word = f"Crozet{next(numbers)}"
    form = Form(server, message=f"{word} " + "https://a.example " * 9)
    form.send(422, headers={"Idempotency-Key": f"refusée-{next(numbers)}".encode()})
    assert server.sql("select count(*) from idempotency_records where key ~ 'refusée'") == "1"
    assert word not in dump(server)
    assert "aicha" not in server.sql("select row_to_json(k) from idempotency_records k where operation = 'send_sponsorship_inquiry'")


def test_no_inquiry_stands_in_the_log(server, sales):
    form = Form(server, name="Marion Dufresne-Amsterdam")
    found(sales, form.reference())
    form.send(422, email="Marion Dufresne-Amsterdam")
    sales.post(f"{DESK}/export", {"email": form.body["email"]}, 200)
    assert "Dufresne" not in server.log_text() and form.body["email"] not in server.log_text()


# ---- giving out

def test_one_call_gives_out_all_that_is_known(server, sales):
    n = next(numbers)
    forms = [Form(server, email=f"toute-{n}@Bücher.example", message=f"Ma demande numéro {k}, et voilà") for k in range(3)]
    inquiries = [found(sales, form.reference()) for form in forms]
    sales.post(f"{DESK}/{inquiries[1]['id']}/notes", {"note": "Connue."}, 200)
    for email in (f"toute-{n}@Bücher.example", f"TOUTE-{n}@bücher.example", f"toute-{n}@xn--bcher-kva.example"):
        told = sales.post(f"{DESK}/export", {"email": email}, 200).json()
        assert [one["id"] for one in told["inquiries"]] == [one["id"] for one in inquiries]
    assert told["inquiries"][0] == inquiries[0] and told["inquiries"][1]["history"][1]["note"] == "Connue."
    for wrong in ({"email": "nulle part"}, {}, {"email": None}, {"email": "a@b.example", "id": 1}):
        assert sales.post(f"{DESK}/export", wrong).status_code in (400, 422)


# ---- time

def test_what_was_left_alone_for_eighteen_months_is_erased_and_what_was_not_stays(server, worker, sales, admin):
    old, kept, noted = (found(sales, Form(server).reference()) for _ in range(3))
    for inquiry, months in ((old, 19), (kept, 17), (noted, 30)):
        age(server, inquiry, months)
    sales.post(f"{DESK}/{noted['id']}/notes", {"note": "Un nouveau contact."}, 200)
    counts, logged = sales.get(f"{DESK}/counts", 200).json(), len(jobs_logged(worker, "erase_old_inquiries"))
    do(server, "erase_old_inquiries")
    assert sales.get(f"{DESK}/{old['id']}", 200).json()["erased_at"] and old["email"] not in dump(server)
    for inquiry in (kept, noted):
        assert sales.get(f"{DESK}/{inquiry['id']}", 200).json()["email"] == inquiry["email"]
    assert sales.get(f"{DESK}/counts", 200).json() == counts
    wait_until(lambda: 1 in jobs_logged(worker, "erase_old_inquiries")[logged:], "the log to say how many")
    act = admin.get(f"/v1/desk/audit?thing={old['id']}&limit=2", 200).json()["data"]
    act = next(one for one in act if one["fields"] == ["erased"])
    assert act["operation"] == "erase_old_inquiries" and act["account"] is None and re.fullmatch("[0-9a-f]{64}", act["subject"])


def test_how_long_is_configuration(server, sales):
    inquiry = found(sales, Form(server).reference())
    age(server, inquiry, 2)
    hasty = server.serve_beside(MARBRE_JOBS_SECONDS="1", MARBRE_SPONSORSHIP_MONTHS="1", MARBRE_WORKERS="1")
    server.sql("update jobs set due_at = now() where name = 'erase_old_inquiries'")
    wait_until(lambda: stored(server, f"id = '{inquiry['id']}' and erased_at is not null") or
               server.sql("update jobs set due_at = now() where name = 'erase_old_inquiries'"), "the hasty one to have erased it")
    assert hasty.stop() == 0


def test_a_job_is_done_by_one_server_and_again_when_its_time_has_come(server, worker):
    other = server.serve_beside(MARBRE_JOBS_SECONDS="1", MARBRE_WORKERS="1")
    before = [len(jobs_logged(one, "forget_networks")) for one in (worker, other)]
    do(server, "forget_networks")
    do(server, "delete_form_tokens")  # a round later
    after = [len(jobs_logged(one, "forget_networks")) for one in (worker, other)]
    assert sum(after) - sum(before) in (0, 1), "the log of one may still be on its way"
    assert server.sql("select extract(epoch from due_at - ran_at)::integer from jobs where name = 'forget_networks'") == "3600"
    assert other.stop() == 0


def test_an_answer_that_was_kept_for_a_sender_goes_with_them(server, sales):
    form, key = Form(server), f"effacée-{next(numbers)}"
    reference = form.reference(headers={"Idempotency-Key": key.encode()})
    kept = f"select count(*) from idempotency_records where answer::text like '%{reference}%'"
    assert server.sql(kept) == "1"
    sales.post(f"{DESK}/erase", {"email": form.body["email"]}, 200)
    assert server.sql(kept) == "0"


def test_what_sales_look_for_stands_in_no_log(server, sales):
    sales.get(f"{DESK}?status=new&q=une-personne-cherchee&limit=1", 200)
    line = marbre.wait_for(lambda: [line for line in server.log_text().splitlines() if "status=new&q=...&limit=1" in line], "the log")
    assert line and "une-personne-cherchee" not in server.log_text()


def test_what_is_past_its_time_goes(server, worker, sales):
    """Rows that nobody will ask for again: each job deletes those that are too old, and leaves the others."""
    form = Form(server)
    form.reference(headers={"Idempotency-Key": f"gardée-{next(numbers)}".encode()})
    someone = server.make_account(f"passee-{next(numbers)}@marbre.test")
    marbre.Client(server, email=someone.account["email"])
    account = someone.account["id"]
    server.sql(f"insert into sessions (id, account_id, expires_at, seen_at) values (gen_random_uuid(), '{account}', now() - interval '40 days',"
               " now() - interval '50 days'), "
               f"(gen_random_uuid(), '{account}', now() - interval '20 days', now() - interval '30 days');"
               "insert into used_form_tokens values ('passé', now() - interval '1 minute'), ('à venir', now() + interval '1 hour');"
               "insert into idempotency_records (caller, operation, key, request, answer, created_at) values"
               " ('', 'x', 'passée', 'x', '{}', now() - interval '25 hours'), ('', 'x', 'à venir', 'x', '{}', now());"
               "insert into login_attempts (email_hash, attempts, last_at) values ('passé', 1, now() - interval '25 hours'), ('à venir', 1, now())")
    for job, table, name in (("delete_form_tokens", "used_form_tokens", "nonce"), ("delete_idempotency_records", "idempotency_records", "key"),
                             ("delete_login_attempts", "login_attempts", "email_hash")):
        do(server, job)
        assert server.sql(f"select {name} from {table} where {name} ~ '^(passé|à venir)'").splitlines() == ["à venir"], job
    do(server, "delete_sessions")
    assert server.sql(f"select count(*) from sessions where account_id = '{account}'") == "3"
    marbre.Client(server, email=someone.account["email"])


def test_somebodys_last_session_stays_to_say_when_they_were_here(server, worker):
    someone = server.make_account(f"partie-{next(numbers)}@marbre.test")
    server.sql(f"update sessions set expires_at = now() - interval '60 days' where account_id = '{someone.account['id']}'")
    do(server, "delete_sessions")
    assert server.sql(f"select count(*) from sessions where account_id = '{someone.account['id']}'") == "1"


def test_a_network_is_forgotten_after_a_month(server, worker, sales):
    site = server.serve_beside(MARBRE_FORM_SECONDS_MIN="0", MARBRE_WORKERS="1")
    new, old = (found(sales, Form(site).reference()) for _ in range(2))
    assert site.stop() == 0
    age(server, old, 2, "created_at")
    do(server, "forget_networks")
    kept = [server.sql(f"select network_hash is not null from sponsorship_inquiries where id = '{one['id']}'") for one in (new, old)]
    assert kept == ["t", "f"]
    assert sales.get(f"{DESK}/{old['id']}", 200).json()["version"] == old["version"], "nobody sees a change"


def test_a_job_that_has_more_to_do_than_at_once_goes_on(server, worker):
    server.sql("insert into used_form_tokens select 'n' || n, now() - interval '1 minute' from generate_series(1, 2300) n")
    do(server, "delete_form_tokens")
    assert server.sql("select count(*) from used_form_tokens where nonce ~ '^n'") == "0"
