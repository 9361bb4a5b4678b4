"""Accounts and API keys over HTTP, as an admin keeps them."""
import concurrent.futures
import itertools

import pytest

import marbre

numbers = itertools.count(1)


def address():
    return f"personne-{next(numbers)}@rh.test"


def make(admin, expect=201, **fields):
    return admin.post("/v1/desk/accounts", {"email": address(), "name": "Quelqu’un", "role": "contributor", **fields}, expect).json()


def patch(admin, account, expect=200, **fields):
    return admin.patch(f"/v1/desk/accounts/{account['id']}", fields, account["version"], expect).json()


def act(admin, account, verb, expect=200, body=None):
    return admin.post(f"/v1/desk/accounts/{account['id']}/{verb}", body, expect,
                      headers={"If-Match": f'"v{account["version"]}"'}).json()


def log_in(server, email, password, expect=200):
    return server.client().post("/v1/auth/login", {"email": email, "password": password}, expect)


def pointers(problem):
    return [fault["pointer"] for fault in problem["errors"]]


def key_client(server, key):
    client = marbre.Client(server)
    client.session.headers["Authorization"] = f"Bearer {key}"
    return client


@pytest.fixture
def lone_server(scratch):
    """A server of its own, where the last admin may be tried."""
    server = marbre.Server.dev(scratch / f"lone-{next(numbers)}", "--empty")
    yield server
    server.stop()


# ---- making

def test_the_admin_address_is_only_read(server):
    import requests
    beside = server.serve_beside(MARBRE_WORKERS="1")
    for method in ("POST", "DELETE", "PUT", "FOOBARVERB"):
        assert requests.request(method, beside.admin_url + "/readyz", timeout=5).status_code in (405, 411, 501), method
    assert requests.head(beside.admin_url + "/readyz", timeout=5).status_code == 200
    assert beside.stop() == 0


def test_an_account_whose_password_the_server_made_logs_in_with_it_and_is_told_it_once(server, admin):
    email = address()
    made = make(admin, email=email.upper(), name="Léa Martin", role="editor")
    account = made["account"]
    assert (account["email"], account["name"], account["role"], account["active"]) == (email, "Léa Martin", "editor", True)
    assert account["version"] == 1 and account["seen_at"] is None and len(made["password"]) == 16
    log_in(server, email, made["password"])
    read = admin.get(f"/v1/desk/accounts/{account['id']}", 200)
    assert read.headers["ETag"] == '"v1"' and made["password"] not in read.text and read.json()["seen_at"]
    assert "password" not in server.sql(f"select row_to_json(a) from audit a where thing = '{account['id']}'")


def test_an_account_may_be_given_its_first_password(server, admin):
    email = address()
    assert make(admin, email=email, password="un long mot de passe")["password"] is None
    log_in(server, email, "un long mot de passe")


def test_an_address_has_one_account_whatever_its_letters(server, admin):
    email = address()
    make(admin, email=email)
    problem = make(admin, 409, email=email.capitalize())
    assert pointers(problem) == ["/email"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        twice = {"email": address(), "name": "x", "role": "sales"}
        statuses = sorted(reply.status_code for reply in pool.map(lambda _: admin.post("/v1/desk/accounts", twice), range(8)))
    assert statuses == [201] + [409] * 7


@pytest.mark.parametrize("fields, pointer", [
    ({"email": "not an address"}, "/email"), ({"email": ""}, "/email"), ({"name": " "}, "/name"), ({"name": "x" * 121}, "/name"),
    ({"role": "owner"}, "/role"), ({"password": "short"}, "/password"), ({"password": None}, "/password"),
    ({"sections": ["nulle-part"]}, "/sections/0"), ({"active": False}, "/active"), ({"id": "x"}, "/id")])
def test_what_no_account_can_be_is_refused_with_its_pointer(admin, fields, pointer):
    assert pointers(make(admin, 422, **fields)) == [pointer]


def test_accounts_are_listed_by_name_and_found_by_role_and_state(admin):
    names = [f"Aaa {letter}" for letter in "çab"]
    accounts = [make(admin, name=name, role="sales")["account"] for name in names]
    act(admin, accounts[0], "disable")
    found, cursor = [], None
    while True:
        page = admin.get("/v1/desk/accounts?role=sales&limit=2" + (f"&cursor={cursor}" if cursor else ""), 200).json()
        found += page["data"]
        cursor = page["next"]
        if not cursor:
            break
    assert [account["name"] for account in found if account["name"] in names] == sorted(names)
    assert all(account["role"] == "sales" for account in found)
    disabled = [account["id"] for account in admin.get("/v1/desk/accounts?active=false&limit=100", 200).json()["data"]]
    active = [account["id"] for account in admin.get("/v1/desk/accounts?active=true&limit=100", 200).json()["data"]]
    assert accounts[0]["id"] in disabled and accounts[1]["id"] in active and not set(disabled) & set(active)
    assert pointers(admin.get("/v1/desk/accounts?active=yes", 400).json()) == ["?active"]


# ---- changing

def test_a_change_of_an_account_names_the_version_that_was_read(admin):
    account = make(admin)["account"]
    patched = patch(admin, account, name="Autre Nom")
    assert patched["version"] == 2 and patched["name"] == "Autre Nom"
    stale = patch(admin, account, 412, name="Trop Tard")
    assert stale["version"] == 2 and stale["changed"] == ["name"] and stale["updated_by"]["id"] == admin.account["id"]
    admin.patch(f"/v1/desk/accounts/{account['id']}", {"name": "x"}, None, 428)
    assert patch(admin, patched, name="Autre Nom")["version"] == 2, "what changes nothing makes no version"


def test_what_was_read_may_be_sent_back_and_read_only_members_are_the_servers(admin, filing):
    account = make(admin, role="editor", sections=["politique"])["account"]
    assert account["sections"] == [{key: filing["politique"][key] for key in ("id", "slug", "name")}]
    assert admin.patch(f"/v1/desk/accounts/{account['id']}", account, "*", 200).json() == account
    problem = admin.patch(f"/v1/desk/accounts/{account['id']}", {**account, "active": False, "version": 7}, "*", 422).json()
    assert sorted(pointers(problem)) == ["/active", "/version"]


def test_another_role_ends_the_access_tokens_and_counts_after_a_refresh(server, admin):
    someone = server.make_account(address(), "chief")
    account = admin.get(f"/v1/desk/accounts/{someone.account['id']}", 200).json()
    patch(admin, account, role="contributor")
    someone.get("/v1/auth/me", 401)
    grant = server.client().post("/v1/auth/refresh", {"refresh_token": someone.grant["refresh_token"]}, 200).json()
    someone.session.headers["Authorization"] = "Bearer " + grant["access_token"]
    assert someone.get("/v1/auth/me", 200).json()["role"] == "contributor"
    someone.post("/v1/desk/sections", {"name": "Trop tard"}, 403)


def test_a_disabled_account_stops_at_once_and_an_enabled_one_logs_in_again(server, admin):
    someone = server.make_account(address())
    account = admin.get(f"/v1/desk/accounts/{someone.account['id']}", 200).json()
    account = act(admin, account, "disable")
    assert account["active"] is False
    someone.get("/v1/auth/me", 401)
    log_in(server, account["email"], marbre.PASSWORD, 401)
    act(admin, act(admin, account, "disable"), "enable")
    someone.get("/v1/auth/me", 401)
    log_in(server, account["email"], marbre.PASSWORD)


def test_a_reset_password_ends_every_session_and_is_told_once(server, admin):
    someone = server.make_account(address())
    account = admin.get(f"/v1/desk/accounts/{someone.account['id']}", 200).json()
    made = act(admin, account, "reset-password")
    someone.get("/v1/auth/me", 401)
    log_in(server, account["email"], marbre.PASSWORD, 401)
    log_in(server, account["email"], made["password"])
    act(admin, account, "reset-password", 412)  # whoever was told is not overruled unseen
    account = made["account"]
    assert act(admin, account, "reset-password", body={"password": "encore un autre mot"})["password"] is None
    log_in(server, account["email"], "encore un autre mot")
    assert pointers(act(admin, account, "reset-password", 422, body={"password": "court"})) == ["/password"]


# ---- who may not

def test_nobody_raises_or_disables_themselves(server, admin):
    me = admin.get(f"/v1/desk/accounts/{admin.account['id']}", 200).json()
    assert "own role" in patch(admin, me, 403, role="chief")["detail"]
    assert "themselves" in act(admin, me, "disable", 403)["detail"]
    assert patch(admin, me, name=me["name"])["role"] == "admin"
    editor = server.make_account(address(), "editor")
    editor.patch(f"/v1/desk/accounts/{editor.account['id']}", {"role": "admin"}, "*", 403)
    program = admin.post("/v1/desk/api-keys", {"name": "Robot", "role": "admin"}, 201).json()
    robot = key_client(server, program["key"])
    robot.patch(f"/v1/desk/accounts/{program['api_key']['id']}", {"role": "chief"}, "*", 404)  # it is no account of a person


def test_the_last_active_admin_stays_by_whatever_road(lone_server):
    admin = lone_server.client("admin")
    other = lone_server.make_account(address(), "admin")
    program = key_client(lone_server, admin.post("/v1/desk/api-keys", {"name": "x", "role": "admin"}, 201).json()["key"])
    mine, others = (f"/v1/desk/accounts/{client.account['id']}" for client in (admin, other))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:  # each removes the other at the same moment
        tries = [pool.submit(client.post, path + "/disable", {}, headers={"If-Match": "*"})
                 for client, path in ((admin, others), (other, mine))]
    assert sorted(done.result().status_code for done in tries)[0] == 200
    active = [a for a in program.get("/v1/desk/accounts?role=admin&active=true", 200).json()["data"]]
    assert len(active) == 1
    last = f"/v1/desk/accounts/{active[0]['id']}"
    assert "last active admin" in program.post(last + "/disable", {}, 409, headers={"If-Match": "*"}).json()["detail"]
    program.patch(last, {"role": "editor"}, "*", 409)
    with pytest.raises(RuntimeError, match="last active admin"):
        lone_server.sql(f"update accounts set active = false where id = '{active[0]['id']}'")


# ---- the sections of an editor

@pytest.fixture(scope="module")
def desks(chief):
    """A section with one below it, and another."""
    sport, culture = chief.make("sections", name="Sport desks"), chief.make("sections", name="Culture desks")
    rugby = chief.make("sections", name="Rugby desks")
    chief.server.sql(f"update sections set parent_id = '{sport['id']}' where id = '{rugby['id']}'")
    return {"sport": sport["slug"], "rugby": rugby["slug"], "culture": culture["slug"]}


def editor_of(server, admin, *sections):
    editor = server.make_account(address(), "editor")
    admin.patch(f"/v1/desk/accounts/{editor.account['id']}", {"sections": list(sections)}, "*", 200)
    return editor


def test_an_editor_of_some_sections_knows_of_theirs_and_of_those_below(server, admin, contributor, desks):
    sport = editor_of(server, admin, desks["sport"])
    assert [card["slug"] for card in sport.get("/v1/auth/me", 200).json()["sections"]] == [desks["sport"]]
    of = {section: contributor.make_article(title=f"Au sujet de {section}", sections=[slug]) for section, slug in desks.items()}
    of["none"] = contributor.make_article(title="Au sujet de rien")
    listed = {article["id"] for article in sport.get("/v1/desk/articles?limit=100", 200).json()["data"]}
    for section, article in of.items():
        known = section in ("sport", "rugby")
        assert (article["id"] in listed) == known, section
        sport.get(f"/v1/desk/articles/{article['id']}", 200 if known else 404)
        sport.patch(f"/v1/desk/articles/{article['id']}", {"kicker": "Vu"}, "*", 200 if known else 404)
        sport.post(f"/v1/desk/articles/{article['id']}/publish", {}, 200 if known else 404, headers={"If-Match": "*"})
    free = editor_of(server, admin)
    free.get(f"/v1/desk/articles/{of['culture']['id']}", 200)


def test_an_editor_writes_outside_of_their_sections_as_a_contributor_does(server, admin, desks):
    sport = editor_of(server, admin, desks["sport"])
    article = sport.make_article(title="Ailleurs", sections=[desks["culture"]])
    article = sport.save(article, kicker="À moi")
    assert "none of your sections" in sport.act(article, "publish", 403)["detail"]
    article = sport.act(article, "submit")
    sport.save(article, 409, kicker="Trop tard")


def test_an_editor_does_not_file_a_story_out_of_their_own_sight(server, admin, contributor, desks):
    sport = editor_of(server, admin, desks["sport"])
    article = contributor.make_article(title="Reste là", sections=[desks["sport"]])
    assert "none of your sections" in sport.save(article, 403, sections=[desks["culture"]])["detail"]
    assert sport.get(f"/v1/desk/articles/{article['id']}", 200).json()["version"] == 1, "nothing was changed"
    assert sport.save(article, sections=[desks["culture"], desks["rugby"]])["version"] == 2


def test_a_section_taken_from_an_editor_counts_at_the_next_call(server, admin, contributor, desks):
    sport = editor_of(server, admin, desks["sport"])
    article = contributor.make_article(title="Encore un moment", sections=[desks["sport"]])
    sport.get(f"/v1/desk/articles/{article['id']}", 200)
    admin.patch(f"/v1/desk/accounts/{sport.account['id']}", {"sections": [desks["culture"]]}, "*", 200)
    sport.get(f"/v1/desk/articles/{article['id']}", 404)


# ---- API keys

def test_a_key_is_told_once_and_kept_as_a_hash(server, admin):
    made = admin.post("/v1/desk/api-keys", {"name": "Import de l’agence", "role": "contributor"}, 201)
    key, row = made.json()["key"], made.json()["api_key"]
    assert key.startswith(row["hint"]) and len(key) == 47 and row["active"] and row["last_used_at"] is None
    assert row["created_by"] == {"id": admin.account["id"], "name": admin.account["name"]}
    read = admin.get(made.headers["Location"], 200)
    assert read.json() == row and key not in read.text and key not in admin.get("/v1/desk/api-keys", 200).text
    for table in ("api_keys", "accounts", "audit", "idempotency_records"):
        assert key not in server.sql(f"select row_to_json(t) from {table} t"), table


def test_a_key_writes_what_its_role_may_under_its_own_name(server, admin):
    made = admin.post("/v1/desk/api-keys", {"name": "Robot météo", "role": "contributor"}, 201).json()
    robot = key_client(server, made["key"])
    me = robot.get("/v1/auth/me", 200).json()
    assert (me["email"], me["name"], me["role"], me["id"]) == (None, "Robot météo", "contributor", made["api_key"]["id"])
    article = robot.make_article(title="Demain, soleil")
    assert article["created_by"]["name"] == "Robot météo"
    robot.act(robot.save(article, kicker="Météo"), "submit")
    robot.post("/v1/desk/tags", {"name": "Soleil", "kind": "topic"}, 403)
    assert admin.get(f"/v1/desk/api-keys/{me['id']}", 200).json()["last_used_at"]
    assert me["id"] not in [account["id"] for account in admin.get("/v1/desk/accounts?limit=100", 200).json()["data"]]


def test_a_key_ends_when_it_expires_or_is_revoked(server, admin):
    made = admin.post("/v1/desk/api-keys", {"name": "Bref", "role": "editor", "expires_at": "2031-01-01T00:00:00Z"}, 201).json()
    robot, path = key_client(server, made["key"]), f"/v1/desk/api-keys/{made['api_key']['id']}"
    robot.get("/v1/auth/me", 200)
    server.sql(f"update api_keys set expires_at = now() - interval '1 second' where id = '{made['api_key']['id']}'")
    refused = robot.get("/v1/auth/me", 401)
    assert "API key" in refused.json()["detail"] and "invalid_token" in refused.headers["WWW-Authenticate"]
    server.sql(f"update api_keys set expires_at = null where id = '{made['api_key']['id']}'")
    robot.get("/v1/auth/me", 200)
    admin.request("DELETE", path, 428)
    admin.request("DELETE", path, 412, headers={"If-Match": '"v9"'})
    admin.request("DELETE", path, 204, headers={"If-Match": '"v1"'})
    robot.get("/v1/auth/me", 401)
    assert admin.get(path, 200).json()["active"] is False
    admin.request("DELETE", path, 404, headers={"If-Match": "*"})


@pytest.mark.parametrize("key", ["mbk_", "mbk_x", "mbk_" + "A" * 43, "mbk_" + "A" * 44, "mbk_" + "é" * 21 + "A", "MBK_" + "A" * 43,
                                 "mbk_' or true --" + "A" * 31, "mbk_" + "A" * 60000])
def test_what_is_no_key_is_refused(server, key):
    refused = key_client(server, key.encode().decode("latin-1")).request("GET", "/v1/auth/me")
    assert refused.status_code in (401, 431), key[:20]


def test_whoever_guesses_keys_is_turned_away_as_at_the_door(scratch):
    guarded = marbre.Server.dev(scratch / "guesses", "--empty", environment={"MARBRE_RATE_LOGIN": "8/600"})
    try:
        good = guarded.client("admin").post("/v1/desk/api-keys", {"name": "x", "role": "sales"}, 201).json()["key"]
        for _ in range(3):
            key_client(guarded, good).get("/v1/auth/me", 200)
        statuses = [key_client(guarded, "mbk_" + letter * 43).get("/v1/auth/me").status_code for letter in "abcdefghi"]
        assert statuses == [401] * 8 + [429]
        assert key_client(guarded, "mbk_" + "z" * 43).get("/v1/auth/me", 429).headers["Retry-After"]
        key_client(guarded, good).get("/v1/auth/me", 200)  # one that was good before, behind the same address
        marbre.Client(guarded, "editor").get("/v1/auth/me", 200)  # nor are logins held up
    finally:
        guarded.stop()


def test_keys_are_listed_newest_first(admin):
    made = [admin.post("/v1/desk/api-keys", {"name": f"Liste {n}", "role": "sales"}, 201).json()["api_key"]["id"] for n in range(3)]
    first = admin.get("/v1/desk/api-keys?limit=2", 200).json()
    rest = admin.get(f"/v1/desk/api-keys?limit=2&cursor={first['next']}", 200).json()
    assert [key["id"] for key in first["data"] + rest["data"]][:3] == made[::-1]
