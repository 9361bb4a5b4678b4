"""What the contract allows is taken: every operation as it is served, with requests that are made from its schemas
(lib/operations.py). What it does not allow is in test_faults.py."""
import collections

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations import OPERATIONS, Newsroom, bounded, is_refused_for_its_form

reached = collections.defaultdict(set)


@pytest.fixture(scope="module")
def newsroom(server):
    return Newsroom(server)


def test_the_operations_that_are_tried_are_those_that_are_served(newsroom):
    assert OPERATIONS == sorted(newsroom.operations)


@pytest.mark.parametrize("name", OPERATIONS)
@bounded(10)
@given(data=st.data())
def test_what_the_contract_allows_is_not_refused_for_its_form(newsroom, name, data):
    operation = newsroom.operations[name]
    request = data.draw(operation.request(newsroom.target(operation)), label=name)
    reply = newsroom.call(operation, request)
    reached[name].add(reply.status_code)
    assert reply.status_code < 500 and not is_refused_for_its_form(reply), f"{name}: {reply.status_code} {reply.text}"
    assert reply.status_code != 401 or operation.asks_for_a_secret
    if ("query", "cursor") in operation.parameters and reply.status_code == 200 and reply.json()["next"]:
        request["query"]["cursor"] = reply.json()["next"]
        request["header"].pop("If-None-Match", None)
        assert newsroom.call(operation, request).status_code == 200


def test_most_of_what_is_allowed_was_done(newsroom):
    """A request of good form for a thing that is nowhere would prove little."""
    if len(reached) < len(newsroom.operations):
        pytest.skip("not every operation was tried in this run")
    done = {name for name, statuses in reached.items() if statuses & {200, 201, 202, 204, 304, 308}}
    missed = {name for name in set(reached) - done if not newsroom.operations[name].asks_for_a_secret}
    assert len(missed) < 0.1 * len(reached), f"never done: {sorted(missed)}"
