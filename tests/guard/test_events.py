"""Events: what the log hears of a request is bounded, printable, and no more than was understood."""

import pytest
from front import Transport

from modelcheck.core.nearest import Near
from modelcheck.core.ruling import Action, Answer, Intent, Reason, Ruling
from modelcheck.guard.admission import Admission
from modelcheck.guard.event import OTHER, Event, Outcome
from modelcheck.guard.events import client_label, event_of, route_label
from modelcheck.guard.fault import Fault, Refused
from modelcheck.guard.limits import Limits
from modelcheck.guard.reader import RequestReader
from modelcheck.guard.setup import Address, Setup

SETUP = Setup(Address("127.0.0.1", 1), Address("127.0.0.1", 2))


def reader(raw: bytes = b"") -> RequestReader:
    one = RequestReader(Limits(), Admission(SETUP))
    if raw:
        try:
            one.feed(raw)
        except Refused:
            assert one.admitted is None
    return one


def test_a_request_that_was_understood_is_named_by_its_route() -> None:
    one = reader(b"HEAD /v1/models/some-name?model=x HTTP/1.1\r\nHost: localhost\r\n\r\n")
    near = (Near("b", (), ()),)
    ruling = Ruling(Answer.REFUSE, Intent(Action.DESCRIBE, ("some-name",)), Reason.NOT_HERE, "some\n-name", near=near)
    refused = Refused(Reason.NOT_HERE, "words", ruling=ruling)
    assert route_label(one) == "/v1/models/"
    assert event_of(one, refused, Outcome.REFUSED, "loopback") == Event(
        Outcome.REFUSED,
        "not-here",
        403,
        "HEAD",
        "/v1/models/",
        "describe",
        "some\N{REPLACEMENT CHARACTER}-name",
        "loopback",
        near,
    )


def test_a_request_that_was_not_let_in_is_named_by_its_path_without_the_query() -> None:
    one = reader(b"GET /secret-path?token=secret HTTP/1.1\r\nHost: localhost\r\n\r\n")
    refused = Refused(Fault.ROUTE, "words")
    assert route_label(one) == OTHER == "other"
    assert event_of(one, refused, Outcome.REFUSED, "") == Event(Outcome.REFUSED, "route", 403, "GET", "/secret-path")


def test_a_long_path_and_a_long_name_are_cut() -> None:
    one = reader(b"GET /" + b"a" * 400 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
    ruling = Ruling(Answer.REFUSE, Intent(Action.PULL), Reason.NOT_HERE, "n" * 900)
    found = event_of(one, Refused(Fault.ROUTE, "", ruling=ruling), Outcome.REFUSED, "")
    assert found.path == "/" + "a" * 298 + "…"
    assert found.name == "n" * 599 + "…"


def test_of_a_request_that_could_not_be_read_nothing_is_said() -> None:
    found = event_of(reader(b"\x00\r\n\r\n"), Refused(Fault.MALFORMED, ""), Outcome.REFUSED, "")
    assert (found.method, found.path, found.action, found.name, found.near) == ("", "", "", "", ())


@pytest.mark.parametrize(
    ("peer", "label"),
    [
        (("127.0.0.1", 1), "loopback"),
        (("::1", 1, 0, 0), "loopback"),
        (("192.0.2.1", 1), "192.0.2.1"),
        (("x" * 61, 1), "x" * 59 + "…"),
        ((), ""),
    ],
)
def test_a_caller_is_this_machine_or_an_address(peer: tuple[object, ...], label: str) -> None:
    assert client_label(Transport(*peer)) == label


def test_a_caller_without_a_connection_has_no_label() -> None:
    assert client_label(None) == ""
