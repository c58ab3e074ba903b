"""Answers: heads that frame, headers that may pass, pages that may read, and errors in the shape of each client."""

import json
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.machine import Entry
from modelcheck.guard.answers import (
    error_body,
    head_of,
    is_preflight,
    page_headers,
    passed_headers,
    preflight_headers,
    pulled_body,
)
from modelcheck.guard.fault import Fault, Refused
from modelcheck.guard.head import Head
from modelcheck.guard.routes import Dialect
from modelcheck.guard.setup import Address, Setup

SETUP = Setup(Address("127.0.0.1", 1), Address("127.0.0.1", 2), origins=("https://chat.example",))


def head(method: bytes = b"GET", **headers: str) -> Head:
    return Head(
        method, b"/", {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}, True
    )


def test_a_head_says_whether_the_connection_goes_on() -> None:
    headers = [(b"A", b"b"), (b"C", b"")]
    lines = b"HTTP/1.1 403 Forbidden\r\nA: b\r\nC: \r\n"
    assert head_of(403, headers, is_kept=True) == lines + b"\r\n"
    assert head_of(403, headers, is_kept=False) == lines + b"Connection: close\r\n\r\n"
    assert head_of(403, headers, is_kept=True, is_1_1=False) == lines + b"Connection: keep-alive\r\n\r\n"
    assert head_of(403, headers, is_kept=False, is_1_1=False) == lines + b"Connection: close\r\n\r\n"


def test_a_status_that_nobody_knows_has_a_phrase_too() -> None:
    assert head_of(299, (), is_kept=True) == b"HTTP/1.1 299 Unknown\r\n\r\n"
    assert head_of(200, (), is_kept=True) == b"HTTP/1.1 200 OK\r\n\r\n"


def test_of_the_upstreams_headers_three_are_passed_on() -> None:
    headers = [
        (b"Content-Type", b"text/plain"),
        (b"CACHE-CONTROL", b"no-store"),
        (b"Retry-After", b"1"),
        (b"Content-Encoding", b" Identity "),
        (b"Location", b"http://evil.example"),
        (b"Set-Cookie", b"a=b"),
        (b"Content-Length", b"5"),
        (b"Transfer-Encoding", b"chunked"),
        (b"Connection", b"close"),
        (b"Access-Control-Allow-Origin", b"*"),
        (b"X-Anything", b"x"),
    ]
    kept = [(b"content-type", b"text/plain"), (b"cache-control", b"no-store"), (b"retry-after", b"1")]
    assert passed_headers(headers) == (kept, b"5")
    assert passed_headers(headers[:4]) == (kept, None)


@pytest.mark.parametrize("value", [b"\x80", b"a\x00", b"a\tb", b"x" * 301, b"a\r\nb: c", b"\x7f"])
def test_a_value_that_is_not_plain_is_not_passed_on(value: bytes) -> None:
    assert passed_headers([(b"Content-Type", value)]) == ([], None)
    assert passed_headers([(b"Content-Type", b"x" * 300)]) == ([(b"content-type", b"x" * 300)], None)


@pytest.mark.parametrize("value", [b"gzip", b"", b"identity, gzip", b"br"])
def test_an_encoded_answer_is_not_passed_on(value: bytes) -> None:
    with pytest.raises(Refused, match="encoding") as caught:
        passed_headers([(b"content-ENCODING", value)])
    assert (caught.value.reason, caught.value.status) == (Fault.UPSTREAM, 502)


def test_a_page_of_ours_may_read_the_answer() -> None:
    exposed = (b"Access-Control-Expose-Headers", b"X-Modelcheck-Reason, X-Modelcheck-Guard")
    for origin in (b"https://Chat.example", b"http://localhost:3000"):
        assert page_headers(head(origin=origin.decode()), SETUP) == [
            (b"Access-Control-Allow-Origin", origin),
            exposed,
            (b"Vary", b"Origin"),
        ]


@pytest.mark.parametrize("asked", [None, head(), head(origin="null"), head(origin="https://evil.example")])
def test_no_other_page_may(asked: Head | None) -> None:
    assert page_headers(asked, SETUP) == []


def test_a_preflight_is_a_browsers_question_with_an_origin() -> None:
    assert is_preflight(head(b"OPTIONS", origin="a", access_control_request_method="POST"))
    assert not is_preflight(head(b"OPTIONS", origin="a"))
    assert not is_preflight(head(b"OPTIONS", access_control_request_method="POST"))
    assert not is_preflight(head(b"POST", origin="a", access_control_request_method="POST"))


def test_a_preflight_is_told_what_a_page_may_send() -> None:
    asked = head(b"OPTIONS", access_control_request_headers="X-Stainless-Os, authorization")
    assert preflight_headers(asked) == [
        (b"Access-Control-Allow-Methods", b"GET, POST, DELETE, HEAD, OPTIONS"),
        (b"Access-Control-Allow-Headers", b"X-Stainless-Os, authorization"),
        (b"Access-Control-Max-Age", b"600"),
    ]
    assert preflight_headers(head(b"OPTIONS"))[1] == (b"Access-Control-Allow-Headers", b"")


@pytest.mark.parametrize("asked", ["a\tb", "a: b", "*", "x" * 1001, "a/b"])
def test_headers_that_are_no_list_of_names_are_not_said_again(asked: str) -> None:
    found = preflight_headers(head(b"OPTIONS", access_control_request_headers=asked))
    assert found[1] == (b"Access-Control-Allow-Headers", b"Content-Type")


KINDS = [
    (400, "invalid_request_error"),
    (401, "authentication_error"),
    (403, "permission_error"),
    (413, "request_too_large"),
    (502, "api_error"),
    (503, "api_error"),
]


@pytest.mark.parametrize(("status", "kind"), KINDS)
def test_an_error_has_the_shape_that_its_clients_read(status: int, kind: str) -> None:
    said = 'no "x"'
    assert json.loads(error_body(Dialect.OLLAMA, status, said)) == {"error": said}
    assert json.loads(error_body(Dialect.OPENAI, status, said)) == {
        "error": {"message": said, "type": kind, "param": None, "code": None}
    }
    assert json.loads(error_body(Dialect.ANTHROPIC, status, said)) == {
        "type": "error",
        "error": {"type": kind, "message": said},
    }


@given(st.text(st.characters(codec="utf-8")), st.sampled_from(sorted(Dialect)), st.sampled_from(sorted(HTTPStatus)))
def test_an_error_is_json_whatever_it_says(words: str, dialect: Dialect, status: int) -> None:
    said = json.loads(error_body(dialect, status, words))["error"]
    assert words == (said if dialect is Dialect.OLLAMA else said["message"])


def test_a_pull_of_what_is_here_is_answered_as_ollama_answers() -> None:
    entry = Entry("a:1b", digest="f" * 64)
    said = f"already here: {'f' * 64}; not updated"
    kind, data = pulled_body(entry, is_stream=True)
    assert kind == b"application/x-ndjson"
    assert data.endswith(b"\n")
    assert [json.loads(line) for line in data.splitlines()] == [{"status": said}, {"status": "success"}]
    kind, data = pulled_body(entry, is_stream=False)
    assert kind == b"application/json; charset=utf-8"
    assert json.loads(data) == {"status": "success", "modelcheck": said}


def test_a_digest_that_is_not_known_is_not_made_up() -> None:
    assert b"already here: digest not told; not updated" in pulled_body(Entry("a"), is_stream=False)[1]
