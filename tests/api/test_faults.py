"""Whatever has one fault is refused at its place: every operation as it is served, with requests that are made from its schemas
(lib/operations.py). What the contract allows is in test_properties.py."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations import OPERATIONS, Newsroom, bounded, is_refused_for_its_form


@pytest.fixture(scope="module")
def newsroom(server):
    return Newsroom(server)


@pytest.mark.parametrize("name", OPERATIONS)
@bounded(1)
@given(data=st.data())
def test_whatever_has_one_fault_is_refused_at_its_place(newsroom, name, data):
    operation = newsroom.operations[name]
    request = data.draw(operation.request(newsroom.target(operation), rich=True))
    wrong = []
    for label, pointer, faulty in operation.faults(request):
        reply = newsroom.call(operation, faulty)
        refused = 400 <= reply.status_code < 500 and is_refused_for_its_form(reply)
        told = [fault["pointer"] for fault in reply.json().get("errors", [])] if refused else []
        if pointer and pointer.startswith("{") and operation.roles == ["public"]:
            refused, pointer = reply.status_code == 404, None  # to readers there is nothing under such an address
        at_its_place = pointer is None or any((one + "/").startswith(pointer + "/") for one in told)
        if not refused or not at_its_place and reply.status_code != 414:
            wrong.append(f"{label} at {pointer}: {reply.status_code} {told or reply.text[:300]} for {str(faulty)[:300]}")
    assert not wrong, f"{name}:\n" + "\n".join(wrong)
