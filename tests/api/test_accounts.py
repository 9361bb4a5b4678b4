"""`marbre account`: who may log in, what a change means for somebody who is in, and how mistakes are told."""
import concurrent.futures
import itertools

import pytest

import marbre

OTHER = "another long password"
numbers = itertools.count(1)


@pytest.fixture
def someone(server):
    """A contributor of this test's own, logged in."""
    return server.make_account(f"person-{next(numbers)}@marbre.test")


def does(done):
    """A command that succeeds has nothing to complain about."""
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout


def log_in(server, email, password=marbre.PASSWORD, expect=200):
    return server.client().post("/v1/auth/login", {"email": email, "password": password}, expect)


def refresh(server, client, expect):
    return server.client().post("/v1/auth/refresh", {"refresh_token": client.grant["refresh_token"]}, expect)


def listed(server, email):
    """The line of an account, as words."""
    lines = [line.split(maxsplit=3) for line in does(server.account("list")).splitlines()]
    return next((line for line in lines if line[0] == email), None)


# ---- what each means

def test_an_account_that_was_added_logs_in_and_is_listed(server):
    added = server.account("add", "Ana.Lopes@Marbre.test", "--role", "sales", "--name", "Ana  Lopes",
                           typed="correct horse battery\n")
    assert does(added) == ""
    account = log_in(server, "ana.lopes@marbre.test", "correct horse battery").json()["account"]
    assert (account["email"], account["name"], account["role"]) == ("ana.lopes@marbre.test", "Ana  Lopes", "sales")
    assert listed(server, "ana.lopes@marbre.test") == ["ana.lopes@marbre.test", "sales", "active", "Ana  Lopes"]


def test_without_a_name_the_address_is_the_name(server):
    does(server.account("add", "nameless@marbre.test", "--role", "editor", typed="long enough for one\n"))
    assert log_in(server, "nameless@marbre.test", "long enough for one").json()["account"]["name"] == "nameless@marbre.test"


def test_the_list_shows_no_password(server, someone):
    listing = does(server.account("list"))
    assert someone.account["email"] in listing and "argon2" not in listing
    addresses = [line.split()[0] for line in listing.splitlines()]
    assert addresses == sorted(addresses)


@pytest.mark.parametrize("typed", ["  a password of blanks ", "a password of this line\r\nand not of this one"],
                         ids=["with blanks", "the first line"])
def test_a_password_is_one_line_as_it_stands(server, someone, typed):
    does(server.account("password", someone.account["email"], typed=typed))
    log_in(server, someone.account["email"], typed.splitlines()[0])


def test_a_password_with_a_control_character_is_refused(server, someone):
    refused = server.account("password", someone.account["email"], typed="a password\tof this line\n")
    assert refused.returncode == 1 and "no control characters" in refused.stderr
    log_in(server, someone.account["email"])


def test_a_new_role_counts_at_the_next_call_without_a_new_login(server, someone):
    someone.post("/v1/desk/sections", {"name": "Trop tôt"}, 403)
    does(server.account("role", someone.account["email"].upper(), "chief"))
    someone.get("/v1/auth/me", 401)
    grant = refresh(server, someone, 200).json()
    someone.session.headers["Authorization"] = f"Bearer {grant['access_token']}"
    assert someone.get("/v1/auth/me", 200).json()["role"] == grant["account"]["role"] == "chief"
    someone.make("sections", name=f"Section {someone.account['email']}")
    assert listed(server, someone.account["email"])[1] == "chief"


def test_a_new_password_ends_every_session_and_the_old_password(server, someone):
    email = someone.account["email"]
    other = marbre.Client(server, email=email)
    does(server.account("password", email, typed=OTHER + "\n"))
    for client in (someone, other):
        client.get("/v1/auth/me", 401)
        refresh(server, client, 401)
    log_in(server, email, marbre.PASSWORD, 401)
    log_in(server, email, OTHER, 200)


def test_a_new_password_wakes_an_account_that_rests(server, someone):
    email = someone.account["email"]
    server.sql("insert into login_attempts (email_hash, attempts, last_at, rests_until) values"
               f" (email_hash('{email}'), 100, now(), now() + interval '1 minute')")
    log_in(server, email, expect=429)
    does(server.account("password", email, typed=OTHER + "\n"))
    log_in(server, email, OTHER, 200)


def test_a_disabled_account_stops_at_its_next_call(server, someone):
    email = someone.account["email"]
    does(server.account("disable", email))
    assert listed(server, email)[2] == "disabled"
    someone.get("/v1/auth/me", 401)
    refresh(server, someone, 401)
    log_in(server, email, expect=401)


def test_an_account_that_is_enabled_again_has_to_log_in_again(server, someone):
    """Even when its tokens were not used in between."""
    email = someone.account["email"]
    does(server.account("disable", email))
    does(server.account("enable", email))
    assert listed(server, email)[2] == "active"
    someone.get("/v1/auth/me", 401)
    refresh(server, someone, 401)
    marbre.Client(server, email=email).get("/v1/auth/me", 200)


def test_a_new_password_does_not_enable_an_account(server, someone):
    email = someone.account["email"]
    does(server.account("disable", email))
    does(server.account("password", email, typed=OTHER + "\n"))
    log_in(server, email, OTHER, 401)


def test_what_is_so_already_can_be_said_again(server, someone):
    email = someone.account["email"]
    for words in (["enable", email], ["role", email, "contributor"], ["disable", email], ["disable", email]):
        does(server.account(*words))


# ---- mistakes

def everything_about_accounts(server):
    return server.sql("select * from accounts order by id")


def complaints(server, mistakes, status=1):
    """What `marbre account` says to each list of words (and what is typed then), none of which may change anything."""
    before = everything_about_accounts(server)
    with concurrent.futures.ThreadPoolExecutor(4) as some:
        ended = some.map(lambda mistake: server.account(*mistake[0].split("|"), typed=mistake[1]), mistakes)
        said = [(*mistake, marbre.complaint(done, status)) for mistake, done in zip(mistakes, ended)]
    assert everything_about_accounts(server) == before
    return said


def test_a_password_of_the_wrong_length_is_refused(server):
    mistakes = [(words, typed) for words in ("add|new@marbre.test|--role|editor", "password|sales@marbre.test")
                for typed in ("", "\n", "elevenchars\n", "x" * 1025 + "\n", "éééééé\n", "\non the second line\n")]
    for words, typed, said in complaints(server, mistakes):
        assert said == "a password has 12 to 1024 characters, on one line of standard input", (words, typed)


def test_a_password_of_the_shortest_and_of_the_greatest_length_is_taken(server, someone):
    for password in ("twelve chars", "x" * 1024):
        does(server.account("password", someone.account["email"], typed=password + "\n"))
        log_in(server, someone.account["email"], password)


def test_a_password_that_nobody_could_send_is_refused(server, someone):
    done = server.account("password", someone.account["email"], typed=b"caf\xe9 au lait, sans sucre\n")
    assert "UTF-8" in marbre.complaint(done)
    someone.get("/v1/auth/me", 200)


def test_a_mistake_is_told_in_one_line_and_changes_nothing(server):
    taken, roles = "there is an account with this address already", "a role is contributor, editor, chief, sales or admin"
    address, nobody = "an address is like name@example.org: one @, and no space", "there is no account nobody@marbre.test"
    expected = {
        "add|editor@marbre.test|--role|editor": taken,
        "add|EDITOR@marbre.test|--role|editor": taken,
        "add|new@marbre.test|--role|boss": roles,
        "add|new@marbre.test|--role|": roles,
        "add|new@marbre.test|--role|Editor": roles,
        "role|editor@marbre.test|boss": roles,
        "add|no address|--role|editor": address,
        "add||--role|editor": address,
        "add|a@b@c|--role|editor": address,
        "add|new@marbre.test|--role|editor|--name|": "a name is not empty",
        "role|nobody@marbre.test|editor": nobody,
        "password|nobody@marbre.test": nobody,
        "disable|nobody@marbre.test": nobody,
        "enable|nobody@marbre.test": nobody,
    }
    for words, _, said in complaints(server, [(words, "long enough for one\n") for words in expected]):
        assert said == expected[words], words


def test_words_that_are_missing_or_too_many_are_told_in_one_line(server):
    mistakes = ["frobnicate", "add", "add|new@marbre.test", "add|new@marbre.test|--role", "add|new@marbre.test|editor",
                "add|new@marbre.test|--role|editor|--boss|me", "add|new@marbre.test|--role|editor|more", "role",
                "role|editor@marbre.test", "role|editor@marbre.test|chief|more", "password", "disable", "enable", "list|more",
                "disable|editor@marbre.test|sales@marbre.test"]
    for words, _, said in complaints(server, [(words, "long enough for one\n") for words in mistakes], status=2):
        assert said.startswith("account "), words
    assert marbre.complaint(server.account(), status=2).startswith("account takes add, list, ")


def test_without_a_database_nothing_is_guessed():
    assert marbre.complaint(marbre.run("account", "list")) == "MARBRE_DATABASE_URL is not set"


def test_a_database_that_cannot_be_reached_is_told_in_one_line(tmp_path):
    said = marbre.complaint(marbre.run("account", "list", MARBRE_DATABASE_URL=f"postgresql://x@/marbre?host={tmp_path}"))
    assert said.startswith("the database cannot be reached: ")


def test_a_database_without_tables_is_told_in_one_line(server):
    said = marbre.complaint(marbre.run("account", "list", **server.new_database("accounts-unmigrated")))
    assert said == "the database is older than this marbre: run `marbre migrate`"


# ---- the last admin

LAST = "This is the last active admin: make another one first."


@pytest.fixture(scope="module")
def newsroom(server):
    """Commands on a database of their own, with two admins."""
    environment = server.new_database("admins", migrated=True)

    def account(*words, typed=None):
        return marbre.run("account", *words, typed=typed, **environment)

    for email in ("one@marbre.test", "two@marbre.test"):
        does(account("add", email, "--role", "admin", typed="long enough for one\n"))
    return account


def admins(newsroom):
    lines = [line.split() for line in does(newsroom("list")).splitlines()]
    return [line[0] for line in lines if line[1:3] == ["admin", "active"]]


def restore(server):
    server.sql("update accounts set active = true, role = 'admin'", database="admins")


@pytest.mark.parametrize("removal", [["disable", "one@marbre.test"], ["role", "one@marbre.test", "chief"]], ids=" ".join)
def test_the_last_active_admin_stays(server, newsroom, removal):
    restore(server)
    does(newsroom("disable", "two@marbre.test"))
    assert marbre.complaint(newsroom(*removal)) == LAST
    assert admins(newsroom) == ["one@marbre.test"]
    does(newsroom("role", "one@marbre.test", "admin"))
    does(newsroom("enable", "two@marbre.test"))
    does(newsroom(*removal))
    assert admins(newsroom) == ["two@marbre.test"]


def test_no_road_removes_the_last_admin(server, newsroom):
    restore(server)
    for statement in ("delete from accounts", "update accounts set active = false", "update accounts set role = 'sales'"):
        with pytest.raises(RuntimeError, match="last active admin"):
            server.sql(statement, role="marbre_server", database="admins")
    assert admins(newsroom) == ["one@marbre.test", "two@marbre.test"]


def test_two_admins_who_remove_each_other_at_once_leave_one(server, newsroom):
    restore(server)
    first = server.sql_session("admins")
    first.send("begin; update accounts set active = false where email = 'one@marbre.test';")
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        second = thread.submit(newsroom, "disable", "two@marbre.test")
        marbre.wait_for(lambda: second.done() or server.sql(
            "select exists (select from pg_stat_activity where datname = 'admins' and wait_event_type = 'Lock')") == "t",
            "the second to wait for the first")
        first.send("commit;")
        assert marbre.complaint(second.result()) == LAST
    first.close()
    assert admins(newsroom) == ["two@marbre.test"]
