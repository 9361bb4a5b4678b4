"""What keeps programs out of a form that is open to everybody: tokens, the trap, limits; and what is sent twice."""
import base64
import concurrent.futures
import hashlib
import time

import pytest

import marbre
from forms import Form, address, faults, found, move, numbers, pointers, stored, token


@pytest.fixture(scope="module")
def open_site(server):
    """The same without limits by address, and without any proxy that it trusts."""
    site = server.serve_beside(**marbre.SIDE_BY_SIDE, MARBRE_FORM_SECONDS_MIN="0", MARBRE_RATE_FORM="0",
                               MARBRE_SPONSORSHIP_PER_EMAIL="0", MARBRE_SPONSORSHIP_BURST="0")
    yield site
    assert site.stop() == 0


def refused_for_its_token(server, form, **changes):
    """What is told of it in English; a reader of French is told it, too."""
    before = stored(server)
    english, french = (form.send(422, **{**changes, "locale": locale}) for locale in ("en", "fr"))
    assert pointers(english) == pointers(french) == ["/form_token"] and stored(server) == before
    assert faults(english) != faults(french)
    return faults(english)["/form_token"]


# ---- tokens

def test_a_token_that_is_replayed_with_something_else_is_refused(server, site):
    form = Form(site)
    form.send()
    assert "already" in refused_for_its_token(server, form, message="Une tout autre demande, sur le même jeton.")
    assert "already" in refused_for_its_token(server, form, email="another@brasserie.example")


def test_whoever_clicks_twice_gets_one_reference_and_one_inquiry(server, site):
    form, before = Form(site), stored(server)
    assert len({form.reference() for _ in range(3)}) == 1 and stored(server) == before + 1


def test_a_token_is_good_once_however_many_send_it_at_once(server, site):
    """The same token under ten different inquiries, at the same moment."""
    one, before = token(site), stored(server)
    forms = [Form(site, form_token=one) for _ in range(10)]
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(lambda form: form.send(None).status_code, forms))
    assert sorted(statuses) == [202] + [422] * 9 and stored(server) == before + 1


@pytest.mark.parametrize("forge", [
    lambda good: "", lambda good: "A" * 54, lambda good: "not a token", lambda good: good[:-1], lambda good: good + "A",
    lambda good: good[::-1], lambda good: "B" + good[1:] if good[0] != "B" else "C" + good[1:],
    lambda good: good[:30] + ("A" if good[30] != "A" else "B") + good[31:], lambda good: good * 3, lambda good: "🔑" * 10,
    lambda good: base64.urlsafe_b64encode(b"\0" * 40).decode().rstrip("=")],
    ids=["empty", "letters", "words", "cut", "longer", "reversed", "other signature", "other time", "thrice", "keys", "zeros"])
def test_a_forged_token_is_refused(server, site, forge):
    form = Form(site)
    before = stored(server)
    assert pointers(form.send(422, form_token=forge(form.body["form_token"]))) == ["/form_token"] and stored(server) == before


def test_a_token_whose_time_was_moved_is_refused(server, site):
    raw = bytearray(base64.urlsafe_b64decode(token(site) + "=="))
    raw[16:24] = (int.from_bytes(raw[16:24], "big") - 5000).to_bytes(8, "big")
    moved = base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("=")
    assert "not made here" in refused_for_its_token(server, Form(site, form_token=moved))


def test_the_token_of_another_server_is_refused(server, site, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("k1:" + base64.urlsafe_b64encode(hashlib.sha256(b"another").digest()).decode().rstrip("=") + "\n")
    keys.chmod(0o644)
    tmp_path.chmod(0o755)
    other = server.serve_beside(MARBRE_JWT_KEYS_FILE=str(keys), MARBRE_FORM_SECONDS_MIN="0", MARBRE_WORKERS="1")
    foreign = token(other)
    assert other.stop() == 0
    assert "not made here" in refused_for_its_token(server, Form(site, form_token=foreign))


def test_who_is_faster_than_people_is_told_to_wait_and_who_comes_too_late_to_load_it_again(server):
    slow = server.serve_beside(MARBRE_FORM_SECONDS_MIN="600", MARBRE_WORKERS="1", MARBRE_TRUSTED_PROXIES="127.0.0.1")
    assert "faster than anybody types" in refused_for_its_token(server, Form(slow))
    assert slow.stop() == 0
    late = server.serve_beside(MARBRE_FORM_SECONDS_MIN="0", MARBRE_FORM_SECONDS_MAX="1", MARBRE_WORKERS="1",
                               MARBRE_TRUSTED_PROXIES="127.0.0.1")
    form = Form(late)
    time.sleep(1.2)
    assert "too long ago" in refused_for_its_token(server, form)
    assert late.stop() == 0


def test_the_ages_that_are_taken_are_three_seconds_to_a_day(server):
    assert {"MARBRE_FORM_SECONDS_MIN=3", "MARBRE_FORM_SECONDS_MAX=86400"} <= {
        line.split()[0] for line in marbre.run("check", "--config").stdout.splitlines()}


def test_a_token_that_was_refused_for_another_fault_is_still_good(site):
    form = Form(site)
    form.send(422, email="nulle part")
    form.send(202)


# ---- the trap

@pytest.mark.parametrize("way", ["send", "post"])
def test_whoever_falls_into_the_trap_is_answered_like_anybody_and_nothing_is_kept(server, site, way):
    form, before = Form(site), stored(server)
    trapped = getattr(form, way)(202, website="https://buy.example")
    honest = getattr(form, way)(202)
    assert trapped.json().keys() == honest.json().keys() and trapped.json() != honest.json()
    assert set(trapped.headers) == set(honest.headers) and stored(server) == before + 1
    assert len(trapped.content) == len(honest.content)


def test_an_empty_trap_is_no_trap(server, site):
    before = stored(server)
    Form(site).post(202, website="")
    Form(site).send(202, website="")
    assert stored(server) == before + 2


# ---- limits

def test_the_sixth_from_one_address_is_too_many(server, site):
    at = address()
    told = [Form(site, at=at).send(202) for _ in range(5)]
    assert [reply.headers["RateLimit"].split(";")[1] for reply in told] == ["r=4", "r=3", "r=2", "r=1", "r=0"]
    assert told[0].headers["RateLimit-Policy"] == '"form";q=5;w=3600'
    before = stored(server)
    refused = Form(site, at=at, language="fr").send(429)
    assert 1 <= int(refused.headers["Retry-After"]) <= 720 and "5 demandes" in refused.json()["detail"] and stored(server) == before
    Form(site).send(202)


def test_an_address_that_moves_within_its_64_is_one_address(site):
    network = f"2001:db8:{next(numbers):x}:7"
    statuses = [Form(site, at=f"{network}:{n:x}:{n * 7:x}::{n + 1:x}").send(None).status_code for n in range(8)]
    assert statuses == [202] * 5 + [429] * 3
    assert Form(site, at=f"2001:db8:{next(numbers):x}:8::1").send(202)


def test_a_spoofed_address_is_believed_of_nobody_but_a_proxy(server):
    strict = server.serve_beside(MARBRE_FORM_SECONDS_MIN="0", MARBRE_RATE_FORM="3/3600", MARBRE_WORKERS="1")
    statuses = [Form(strict).send(None, headers={"X-Forwarded-For": address(), "Forwarded": f"for={address()}"}).status_code
                for _ in range(5)]
    assert statuses == [202] * 3 + [429] * 2
    assert strict.stop() == 0


def test_what_a_client_says_before_its_proxy_is_not_believed(site):
    """The leftmost address is the client's own invention; the one that the proxy added counts."""
    real = address()
    statuses = [Form(site, at=f"{address()}, {real}").send(None).status_code for _ in range(7)]
    assert statuses == [202] * 5 + [429] * 2


def test_the_fourth_from_one_e_mail_address_is_too_many_however_it_is_written(server, site):
    n = next(numbers)
    for email in (f"un-{n}@Bücher.example", f"UN-{n}@bücher.example", f"un-{n}@xn--bcher-kva.example"):
        Form(site, email=email).send(202)
    refused = Form(site, email=f"Un-{n}@BÜCHER.example", locale="en").send(429)
    assert "several inquiries" in refused.json()["detail"] and 80000 < int(refused.headers["Retry-After"]) <= 86400
    assert stored(server, f"mailbox = 'un-{n}@xn--bcher-kva.example'") == 3


def test_all_together_have_a_limit_that_one_alone_cannot_use_up(server):
    busy = server.serve_beside(MARBRE_FORM_SECONDS_MIN="0", MARBRE_RATE_FORM="2/3600", MARBRE_RATE_FORM_ALL="4/3600",
                               MARBRE_TRUSTED_PROXIES="127.0.0.1", MARBRE_WORKERS="1")
    greedy = address()
    assert [Form(busy, at=greedy).send(None).status_code for _ in range(5)] == [202] * 2 + [429] * 3
    assert [Form(busy).send(None).status_code for _ in range(3)] == [202] * 2 + [429]
    refused = Form(busy, language="en").send(429)
    assert "all together" in refused.json()["detail"] and '"all forms"' in refused.headers["RateLimit-Policy"]
    assert busy.stop() == 0


def test_what_is_refused_uses_up_nothing_of_what_all_have_together(server):
    busy = server.serve_beside(MARBRE_FORM_SECONDS_MIN="0", MARBRE_RATE_FORM_ALL="4/3600", MARBRE_TRUSTED_PROXIES="127.0.0.1",
                               MARBRE_WORKERS="1")
    for _ in range(12):
        Form(busy).send(422, consent=None)
    assert [Form(busy).send(None).status_code for _ in range(5)] == [202] * 4 + [429]
    assert busy.stop() == 0


def test_a_burst_is_kept_as_spam_for_somebody_to_look_through(server, sales):
    today = stored(server, "created_at > now() - interval '1 day'")
    busy = server.serve_beside(MARBRE_FORM_SECONDS_MIN="0", MARBRE_RATE_FORM="0", MARBRE_TRUSTED_PROXIES="127.0.0.1",
                               MARBRE_WORKERS="1", MARBRE_SPONSORSHIP_BURST=f"{today + 3}/86400")
    inquiries = [found(sales, Form(busy).reference()) for _ in range(6)]
    assert [inquiry["status"] for inquiry in inquiries] == ["new"] * 3 + ["spam"] * 3
    assert inquiries[-1]["flags"] == ["burst"]
    assert move(sales, inquiries[-1], status="new")["status"] == "new", "the real one among them"
    assert busy.stop() == 0


def test_the_same_words_from_several_addresses_and_many_from_one_network_are_marked(site, sales):
    message = f"Achetez des followers, offre numéro {next(numbers)} !"
    assert [found(sales, Form(site, message=message).reference())["flags"] for _ in range(3)] == [[], ["same_text"], ["same_text"]]


def test_many_from_one_network_are_marked(server, open_site, sales):
    flags = [found(sales, Form(open_site).reference())["flags"] for _ in range(7)]
    assert flags[-1] == ["same_network"] and [] in flags or flags[0] == ["same_network"]
    hashes = server.sql("select distinct network_hash from sponsorship_inquiries where network_hash is not null").splitlines()
    plain = {hashlib.sha256(b"127.0.0.1").hexdigest(), hashlib.blake2b(b"127.0.0.1", digest_size=32).hexdigest()}
    assert hashes and all(len(one) == 64 for one in hashes) and not plain & set(hashes)
    assert "198.51." not in server.sql("select row_to_json(i) from sponsorship_inquiries i")


# ---- duplicates

def test_fifty_at_once_are_one_inquiry(server, open_site):
    form, before = Form(open_site), stored(server)
    tokens = [token(open_site) for _ in range(50)]
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        references = list(pool.map(lambda one: Form.reference(form, form_token=one), tokens))
    assert len(set(references)) == 1 and stored(server) == before + 1


def test_a_repetition_is_kept_once_within_a_day_and_again_after_it(server, site):
    form = Form(site)
    first = form.reference()
    assert form.reference(form_token=token(site)) == first, "with another token"
    server.sql(f"update sponsorship_inquiries set created_at = created_at - interval '25 hours' where reference = '{first}'")
    assert form.reference(form_token=token(site)) != first
    assert form.reference(form_token=token(site), phone="+33 1 00 00 00 00") != first, "which mends what was wrong"
