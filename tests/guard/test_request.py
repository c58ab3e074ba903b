"""One request: what is understood of it, and that nothing but understood values goes on."""

import json
from typing import Any

import pytest

from modelcheck.core.ruling import Action, Intent, Leave
from modelcheck.guard.admission import Admission, Admitted
from modelcheck.guard.body import EMPTY
from modelcheck.guard.fault import Fault, Refused
from modelcheck.guard.head import Head
from modelcheck.guard.request import understand, written
from modelcheck.guard.setup import Address, Setup

AUTHORITY = b"127.0.0.1:11434"
OURS = b"Host: 127.0.0.1:11434\r\nUser-Agent: modelcheck-guard\r\nAccept-Encoding: identity\r\n"


def admitted(method: str, target: str, **headers: str) -> Admitted:
    named = {b"host": b"localhost", b"x-secret": b"never sent on"}
    named |= {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    head = Head(method.encode(), target.encode(), named, is_1_1=True)
    return Admission(Setup(Address("127.0.0.1", 1), Address("127.0.0.1", 2))).admit(head, b"raw", is_kept=True)


def intent(method: str, target: str, value: Any = None) -> Intent:
    return understand(admitted(method, target), b"" if value is None else json.dumps(value).encode()).intent


def sent(method: str, target: str, value: Any = None, name: str = "a:1b", **headers: str) -> bytes:
    data = b"" if value is None else json.dumps(value).encode()
    return written(understand(admitted(method, target, **headers), data), name, AUTHORITY)


def test_a_request_with_a_body_goes_on_with_our_own_head_and_spelling() -> None:
    body = b'{"model":"a:1b","stream":false}'
    asked = sent("POST", "/api/chat?model=A:1b&x=y", {"model": "A:1b", "stream": False}, content_type="text/plain")
    assert asked == (
        b"POST /api/chat HTTP/1.1\r\n"
        + OURS
        + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        + body
    )


@pytest.mark.parametrize(
    ("method", "target", "line"),
    [
        ("GET", "/api/tags?x=y", b"GET /api/tags HTTP/1.1\r\n"),
        ("HEAD", "/", b"GET / HTTP/1.1\r\n"),
        ("GET", "/%61pi/ps", b"GET /api/ps HTTP/1.1\r\n"),
        ("GET", "/v1/models/A:1b", b"GET /v1/models/a:1b HTTP/1.1\r\n"),
    ],
)
def test_a_request_without_a_body_goes_on_by_the_path_of_the_list(method: str, target: str, line: bytes) -> None:
    assert sent(method, target) == line + OURS + b"\r\n"


def test_a_form_goes_on_with_our_own_boundary() -> None:
    data = (
        b'--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nA:1b\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF\r\n--x--\r\n'
    )
    asked = understand(
        admitted("POST", "/v1/audio/transcriptions", content_type="multipart/form-data; boundary=x"), data
    )
    assert asked.intent == Intent(Action.INFER, ("A:1b",))
    assert asked.document is None
    head, _, body = written(asked, "a:1b", AUTHORITY).partition(b"\r\n\r\n")
    assert head.startswith(
        b"POST /v1/audio/transcriptions HTTP/1.1\r\n" + OURS + b"Content-Type: multipart/form-data; b"
    )
    assert head.endswith(b"Content-Length: %d" % len(body))
    assert b"\r\n\r\na:1b\r\n" in body
    assert b"A:1b" not in body


def test_a_form_needs_its_content_type() -> None:
    with pytest.raises(Refused, match="no form"):
        understand(admitted("POST", "/v1/audio/transcriptions"), b"--x--")


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b'{"model":"a","model":"b"}'])
def test_a_body_must_be_one_strict_document(body: bytes) -> None:
    with pytest.raises(Refused) as caught:
        understand(admitted("POST", "/api/chat"), body)
    assert caught.value.reason is Fault.BODY


def test_an_account_route_may_have_no_body() -> None:
    asked = understand(admitted("POST", "/api/me"), b"")
    assert (asked.intent, asked.document) == (Intent(Action.ACCOUNT, target="/api/me"), EMPTY)
    assert written(asked, "", AUTHORITY).endswith(b"Content-Length: 2\r\n\r\n{}")
    assert intent("POST", "/api/me", {"a": "b"}) == Intent(Action.ACCOUNT, target="/api/me")
    with pytest.raises(Refused):
        understand(admitted("POST", "/api/me"), b"x")


@pytest.mark.parametrize("target", ["/api/blobs/sha256:abc", "/api/blobs/x"])
def test_what_no_exception_opens_is_not_read(target: str) -> None:
    asked = understand(admitted("POST", target), b"\x00 anything")
    assert asked.intent == Intent(Action.UPLOAD, target=target)
    assert asked.document is None


def test_what_a_body_asks_for_is_its_intent() -> None:
    assert intent("POST", "/api/chat", {"model": "a"}) == Intent(Action.INFER, ("a",), "a")
    assert intent("POST", "/api/copy", {"source": "a", "destination": "b"}) == Intent(Action.COPY, ("a",), "b")
    assert intent("GET", "/v1/models/a") == Intent(Action.DESCRIBE, ("a",), "/v1/models/a")
    searching = {"model": "a", "tools": [{"type": "web_search"}]}
    assert intent("POST", "/v1/responses", searching).leave is Leave.WEB_SEARCH


def test_a_copy_keeps_what_it_copies() -> None:
    copied = sent("POST", "/api/copy", {"source": "a", "destination": "b"}, name="b")
    assert copied.endswith(b'{"source":"a","destination":"b"}')


@pytest.mark.parametrize(
    ("method", "target", "value", "needs"),
    [
        ("POST", "/api/chat", {"model": "a"}, True),
        ("POST", "/api/chat", {}, False),
        ("GET", "/api/tags", None, True),
        ("GET", "/v1/models", None, True),
        ("GET", "/v1/models/a", None, True),
        ("GET", "/api/version", None, False),
        ("DELETE", "/api/delete", {"model": "a"}, False),
        ("POST", "/api/create", {"model": "a", "from": "b"}, True),
    ],
)
def test_what_names_or_lists_models_is_ruled_by_the_inventory(
    method: str, target: str, value: Any, needs: bool
) -> None:
    data = b"" if value is None else json.dumps(value).encode()
    assert understand(admitted(method, target), data).needs_inventory is needs


@pytest.mark.parametrize(
    ("stream", "is_stream"),
    [({}, True), ({"stream": True}, True), ({"stream": None}, True), ({"stream": False}, False)],
)
def test_a_pull_is_a_stream_unless_told_otherwise(stream: dict[str, Any], is_stream: bool) -> None:
    data = json.dumps({"model": "a", **stream}).encode()
    assert understand(admitted("POST", "/api/pull"), data).is_stream is is_stream
    assert understand(admitted("GET", "/api/tags"), b"").is_stream
