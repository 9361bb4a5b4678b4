"""Access tokens of somebody else's making: a forger who even has the server's own key, and may write any header and any
claims with it.

    forger = Forger(server, server.make_account("forged@marbre.test"))
    forger.with_claims(exp=0)              every other claim good, properly signed
    forger.with_raw("exp", "1e10")         a claim as JSON text, which Python would write otherwise
    forger.with_header(alg="HS512", algorithm="sha512")
"""
import base64
import hashlib
import hmac
import json
import time

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def claims_of(token):
    return json.loads(decoded(token.split(".")[1]))


def as_json(value):
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def spare_bits(part, bits=1):
    """The same bytes in another spelling: the last character holds bits that no byte needs, unless three bytes fill it."""
    assert len(part) % 4, "no bit is spare here"
    return part[:-1] + ALPHABET[ALPHABET.index(part[-1]) ^ bits]


class Forger:
    def __init__(self, server, client):
        line = (server.folder / "secrets/jwt_keys").read_text().splitlines()[0]
        self.kid, secret = line.split(":")
        self.key = decoded(secret)
        self.good = client.grant["access_token"]
        self.claims = claims_of(self.good)
        self.now = int(time.time())

    # ---- what is signed

    def sign_parts(self, header, payload, algorithm=hashlib.sha256, key=None):
        """Signs two parts as they stand, however they are spelt."""
        text = f"{header}.{payload}"
        return f"{text}.{encoded(hmac.new(self.key if key is None else key, text.encode(), algorithm).digest())}"

    def sign(self, header, claims, algorithm=hashlib.sha256, key=None):
        return self.sign_parts(encoded(as_json(header)), encoded(as_json(claims)), algorithm, key)

    def head(self, *left_out, **changed):
        header = {"alg": "HS256", "typ": "JWT", "kid": self.kid, **changed}
        return {name: value for name, value in header.items() if name not in left_out}

    def with_header(self, *left_out, algorithm=hashlib.sha256, key=None, **changed):
        return self.sign(self.head(*left_out, **changed), self.claims, algorithm, key)

    def with_claims(self, *left_out, **changed):
        claims = {name: value for name, value in {**self.claims, **changed}.items() if name not in left_out}
        return self.sign(self.head(), claims)

    def with_raw(self, name, text):
        claims = {other: value for other, value in self.claims.items() if other != name}
        return self.sign(self.head(), as_json(claims)[:-1] + f', "{name}": {text}}}'.encode())

    # ---- what is changed after it was signed

    def parts(self):
        return self.good.split(".")

    def unsigned(self, *left_out, **changed):
        return f"{encoded(as_json(self.head(*left_out, **changed)))}.{self.parts()[1]}."

    def with_signature(self, change):
        header, payload, signature = self.parts()
        return f"{header}.{payload}.{change(signature)}"

    def with_bit(self, bit):
        """One bit of the signature the other way round."""
        signature = bytearray(decoded(self.parts()[2]))
        signature[bit // 8] ^= 1 << bit % 8
        return self.with_signature(lambda _: encoded(bytes(signature)))
