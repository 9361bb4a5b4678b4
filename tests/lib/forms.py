"""The form behind "to explore sponsorship, contact us", as a reader's browser loads it, fills it in and sends it.

    form = Form(server)                    loaded, with a token of its own
    form.send()                            as a script does; members by name, None leaves one out
    form.post()                            as HTML does
"""
import itertools
import time

numbers = itertools.count(1)
INQUIRIES, DESK = "/v1/sponsorship-inquiries", "/v1/desk/sponsorship-inquiries"


def address():
    """Somebody else's each time, as a proxy tells it."""
    n = next(numbers)
    return f"198.51.{n // 250 % 250}.{n % 250 + 1}"


def token(server, at=None):
    return server.client().get("/v1/sponsorship-options", 200, headers={"X-Forwarded-For": at or address()}).json()["form_token"]


def ticked(fields):
    """As HTML sends them."""
    return {name: "on" if value is True else value for name, value in fields.items()}


class Form:
    def __init__(self, server, at=None, language=None, **filled):
        self.client, self.at, self.language = server.client(), at or address(), language
        n = next(numbers)
        self.body = {"name": f"Aïcha Benali {n}", "email": f"aicha-{n}@brasserie.example", "kind": "newsletter",
                     "message": f"Nous aimerions parrainer la lettre du vendredi, numéro {n}.", "consent": True,
                     "form_token": token(server, self.at), **filled}

    def fields(self, changes):
        return {name: value for name, value in {**self.body, **changes}.items() if value is not None}

    def headers(self, more):
        language = {"Accept-Language": self.language} if self.language else {}
        return {"X-Forwarded-For": self.at, **language, **more}

    def send(self, expect=202, headers=None, **changes):
        return self.client.post(INQUIRIES, self.fields(changes), expect, headers=self.headers(headers or {}))

    def post(self, expect=202, headers=None, **changes):
        fields = ticked(self.fields(changes))
        return self.client.request("POST", INQUIRIES, expect, data=fields, headers=self.headers(headers or {}))

    def reference(self, **changes):
        return self.send(**changes).json()["reference"]


def pointers(reply):
    return sorted({fault["pointer"] for fault in reply.json()["errors"]})


def faults(reply):
    return {fault["pointer"]: fault["detail"] for fault in reply.json()["errors"]}


def made(server):
    """The id of an inquiry that somebody has sent."""
    return server.sql(f"select id from sponsorship_inquiries where reference = '{Form(server).reference()}'")


def found(sales, reference):
    """The inquiry with a reference, as the sales desk reads it."""
    listed = sales.get(f"{DESK}?q={reference}", 200).json()["data"]
    assert len(listed) == 1, f"{len(listed)} with {reference}"
    return sales.get(f"{DESK}/{listed[0]['id']}", 200).json()


def move(sales, inquiry, expect=200, **changes):
    return sales.patch(f"{DESK}/{inquiry['id']}", changes, inquiry["version"], expect).json()


def stored(server, condition="true"):
    return int(server.sql(f"select count(*) from sponsorship_inquiries where {condition}"))


def wait_until(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)
