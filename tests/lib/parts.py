"""Things that are parts of others, for the address of an operation: whatever is a resource under one that is there.

    address = parts.made_in("/v1/desk/tags/0192…/notes/{note}", server.contract.spec, client)

Each `{part}` gets the id of a part that is made for it, by the POST of the collection that it stands in, with the contract's own
example of a body. Where that cannot be (the whole is not there, or nobody can know what to send) it says what to teach.
"""
import json
import re
import uuid


def made_in(address, spec, client):
    """The address with each parameter that is left in it filled; under a whole that is not there, by an id that nothing has."""
    while "{" in address:
        collection, name = re.match(r"([^{]*)/{(\w+)}", address).groups()
        address = address.replace("{%s}" % name, made(collection, name, spec, client), 1)
    return address


def made(collection, name, spec, client):
    pattern = re.compile(r"/{\w+}")
    item = next((item for path, item in spec["paths"].items()
                 if re.fullmatch(pattern.sub("/[^/{}]+", path), collection) and "requestBody" in item.get("post", {})), None)
    assert item, f"nothing is known for {{{name}}} of {collection}/{{{name}}}: the collection has no POST with a body;" \
                 " teach the story that asks what stands there"
    content = item["post"]["requestBody"]["content"]["application/json"]
    reply = client.request("POST", collection, data=json.dumps(content["example"]), headers={"Content-Type": "application/json"})
    if reply.status_code == 404:
        return str(uuid.uuid4())
    assert reply.status_code == 201, f"a part for {{{name}}}: POST {collection} with its example: {reply.status_code} {reply.text}"
    return reply.headers["Location"].rsplit("/", 1)[1]
