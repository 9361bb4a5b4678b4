"""The audit: who did what to which thing, when, from where, and never what was in it."""
import itertools
import json
import re

import pytest

import marbre

numbers = itertools.count(1)


def acts(admin, **filters):
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    return admin.get(f"/v1/desk/audit?{query}", 200).json()["data"]


def last(admin, **filters):
    return acts(admin, limit=1, **filters)[0]


def test_an_act_names_who_what_when_and_from_where(server, admin, editor):
    article = editor.make_article(title="Tenu au registre", kicker="Secret")
    reply = editor.post(f"/v1/desk/articles/{article['id']}/publish", {}, 200,
                        headers={"If-Match": '"v1"', "X-Request-Id": "au-registre-1"})
    act = last(admin, thing=article["id"])
    assert (act["operation"], act["kind"], act["version"], act["fields"]) == ("publish_article", "articles", 4, ["status"])
    assert act["account"] == {"id": editor.account["id"], "name": editor.account["name"]}
    assert act["address"] == "127.0.0.1" and act["request_id"] == "au-registre-1" == reply.headers["X-Request-Id"]
    assert act["key"] is None and re.fullmatch(r"[0-9a-f-]{36}", act["session"])


def test_what_differs_is_named_and_not_what_was_sent(admin, editor):
    article = editor.make_article(title="Avant", kicker="Le même")
    editor.save(article, title="Après", kicker="Le même", standfirst=None)
    assert last(admin, thing=article["id"])["fields"] == ["title"]
    editor.patch(f"/v1/desk/articles/{article['id']}", {"title": "Après"}, "*", 200)
    assert last(admin, thing=article["id"])["fields"] == []
    assert acts(admin, thing=article["id"])[-1]["fields"] == ["title", "kicker"], "of what is made, what was given"


def test_values_are_never_in_it(server, admin, editor):
    secret = "Introuvable-dans-le-registre"
    editor.save(editor.make_article(title=secret), kicker=secret)
    email = f"{secret.lower()}@rh.test"
    made = admin.post("/v1/desk/accounts", {"email": email, "name": secret, "role": "sales", "password": secret}, 201).json()
    admin.patch(f"/v1/desk/accounts/{made['account']['id']}", {"name": secret + " bis"}, "*", 200)
    marbre.Client(server, email=email, password=secret)
    text = server.sql("select row_to_json(a) from audit a")
    assert secret.lower() not in text.lower() and made["account"]["id"] in text


def test_an_act_that_was_refused_left_nothing_in_it(server, admin, editor, contributor):
    article = editor.make_article(title="Rien ne s’est passé")
    before = server.sql("select count(*) from audit")
    editor.save({**article, "version": 9}, 412, title="x")
    editor.act(article, "approve", 409)
    contributor.post(f"/v1/desk/articles/{article['id']}/publish", {}, 403, headers={"If-Match": "*"})
    assert server.sql("select count(*) from audit") == before


def test_every_operation_that_changes_something_at_the_desk_is_in_it(server, admin):
    """The contract cannot leave the word out, nor name what is no table; the statement is there once, before the last."""
    for path, item in server.contract.spec["paths"].items():
        for method, operation in item.items():
            if operation["x-marbre"]["roles"] != ["public"] and method != "get":
                assert operation["x-marbre"].get("audit"), path


def test_what_people_and_programs_do_with_their_accounts_is_in_it(server, admin):
    email = f"registre-{next(numbers)}@rh.test"
    someone = server.make_account(email, "editor")
    account = someone.account["id"]
    other = marbre.Client(server, email=email)
    someone.request("DELETE", "/v1/auth/sessions", 204)
    someone.request("PATCH", "/v1/auth/password", 204, json={"current_password": marbre.PASSWORD, "password": "tout à fait autre"})
    someone.post("/v1/auth/logout", {}, 204)
    names = [act["operation"] for act in acts(admin, account=account, limit=100)]
    assert names == ["log_out", "change_my_password", "end_my_other_sessions", "log_in", "log_in"]
    sessions = {act["session"] for act in acts(admin, account=account)}
    assert len(sessions) == 2 and other.account["id"] == account
    key = admin.post("/v1/desk/api-keys", {"name": "Registre", "role": "contributor"}, 201).json()
    robot = marbre.Client(server)
    robot.session.headers["Authorization"] = "Bearer " + key["key"]
    robot.make_article(title="Par un programme")
    act = last(admin, account=key["api_key"]["id"])
    assert act["key"] == key["api_key"]["id"] == act["account"]["id"] and act["session"] is None


def test_a_refresh_token_that_comes_back_is_in_it(server, admin):
    someone = server.make_account(f"registre-{next(numbers)}@rh.test")
    old = someone.grant["refresh_token"]
    server.client().post("/v1/auth/refresh", {"refresh_token": old}, 200)
    server.sql("update refresh_tokens set used_at = used_at - interval '1 minute' where used_at is not null")
    server.client().post("/v1/auth/refresh", {"refresh_token": old}, 401)
    act = last(admin, account=someone.account["id"], operation="refresh_session")
    assert act["kind"] == "sessions" and act["fields"] == ["revoked_at"] and act["address"] == "127.0.0.1"


def test_the_command_line_is_in_it(server, admin):
    email = f"registre-{next(numbers)}@rh.test"
    for words, typed in (["add", email, "--role", "sales"], "a long first password\n"), (["role", email, "editor"], None), \
            (["password", email], "a long second one\n"), (["disable", email], None), (["enable", email], None):
        done = server.account(*words, typed=typed)
        assert done.returncode == 0, done.stderr
    account = server.sql(f"select id from accounts where email = '{email}'")
    found = acts(admin, thing=account)
    assert [act["operation"] for act in found] == [f"marbre account {verb}" for verb in ("enable", "disable", "password", "role", "add")]
    assert all(act["account"] is None and act["address"] is None for act in found)


def test_filters_narrow_it_and_a_cursor_walks_it(server, admin, editor):
    article = editor.make_article(title="Beaucoup d’actes")
    for n in range(5):
        article = editor.save(article, title=f"Acte {n}")
    thing = article["id"]
    assert {act["operation"] for act in acts(admin, thing=thing, operation="patch_article")} == {"patch_article"}
    assert acts(admin, thing=thing, kind="tags") == []
    found, cursor = [], ""
    while cursor is not None:
        page = admin.get(f"/v1/desk/audit?thing={thing}&limit=2{cursor and '&cursor=' + cursor}", 200).json()
        found, cursor = found + page["data"], page["next"]
    assert [act["version"] for act in found] == [6, 5, 4, 3, 2, 1]
    middle = found[3]["at"]
    assert [act["version"] for act in acts(admin, thing=thing, since=middle)] == [6, 5, 4, 3]
    assert [act["version"] for act in acts(admin, thing=thing, until=middle)] == [2, 1]
    for query, pointer in ("since=hier", "?since"), ("thing=7", "?thing"), ("who=me", "?who"):
        assert admin.get(f"/v1/desk/audit?{query}", 400).json()["errors"][0]["pointer"] == pointer


def test_only_an_admin_reads_it(server, editor, chief):
    for client in (editor, chief, server.client("sales")):
        refused = client.get("/v1/desk/audit", 403)
        assert 'error="insufficient_scope"' in refused.headers["WWW-Authenticate"] and 'scope="admin"' in refused.headers["WWW-Authenticate"]


@pytest.mark.parametrize("statement", ["update audit set operation = 'nothing'", "delete from audit", "truncate audit"])
def test_the_serving_role_only_adds_to_it(server, statement):
    with pytest.raises(RuntimeError, match="permission denied"):
        server.sql(statement, role="marbre_server")
    assert json.loads(server.sql("select count(*) from audit")) > 0
