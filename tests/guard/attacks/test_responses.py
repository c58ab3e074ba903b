"""A hostile upstream: nothing that it says leads a caller away, poses as another answer, or stops the guard."""

import socket
import threading
from collections.abc import Iterator

import pytest
from attack import NORMAL, Line, Malformed, Said, get, harmless, is_well
from attack_responses import BODY, BROKEN, CLEANED, EMPTY, REDIRECTS
from attacked import Target, attacked
from golike import Golike, Says

CHAT = b"/api/chat"
STREAMED = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(autouse=True)
def upstream(target: Target) -> Iterator[Golike]:
    target.upstream.forget()
    yield target.upstream
    target.upstream.says.clear()
    is_well(target.port)


def said_to(port: int, raw: bytes) -> Said | None:
    with Line(port) as line:
        line.send(raw)
        return line.answer()


@pytest.mark.parametrize("name", REDIRECTS)
@pytest.mark.parametrize("raw", [NORMAL, get(b"/api/tags"), get(b"/v1/models"), get(b"/api/ps"), get(b"/")])
def test_no_redirect_is_passed_on(target: Target, upstream: Golike, name: str, raw: bytes) -> None:
    path = raw.split(b" ")[1]
    upstream.says[path] = REDIRECTS[name]

    said = said_to(target.port, raw)

    assert said is not None
    harmless(said)
    assert (said.status, said.reason) in {(502, "upstream"), (403, "not-checked"), (503, "upstream")}, said


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_answer_is_said_to_be_none_or_breaks_off(target: Target, upstream: Golike, name: str) -> None:
    upstream.says[CHAT] = BROKEN[name]

    try:
        said = said_to(target.port, NORMAL)
    except Malformed as broken:
        assert "breaks off" in str(broken) or "no chunk: None" in str(broken), broken
    else:
        assert said is not None
        harmless(said)
        assert (said.status, said.reason) == (502, "upstream"), said


@pytest.mark.parametrize("name", BROKEN)
def test_a_list_that_is_none_is_never_passed_on(target: Target, upstream: Golike, name: str) -> None:
    upstream.says[b"/v1/models"] = BROKEN[name]

    said = said_to(target.port, get(b"/v1/models"))

    assert said is not None
    assert (said.status, said.reason) == (502, "upstream"), said


@pytest.mark.parametrize("name", CLEANED)
def test_headers_that_lead_away_are_left_behind(target: Target, upstream: Golike, name: str) -> None:
    upstream.says[CHAT] = CLEANED[name]

    said = said_to(target.port, NORMAL)

    assert said is not None
    harmless(said)
    assert said.body == BODY
    allowed = {
        b"cache-control",
        b"connection",
        b"content-length",
        b"content-type",
        b"retry-after",
        b"transfer-encoding",
        b"x-modelcheck-guard",
    }
    assert {key for key, _ in said.headers} <= allowed, said.headers
    assert said.all(b"x-modelcheck-guard") == [b"forwarded"]


@pytest.mark.parametrize("name", EMPTY)
def test_an_answer_without_a_body_stays_without(target: Target, upstream: Golike, name: str) -> None:
    upstream.says[CHAT] = EMPTY[name]

    with Line(target.port) as line:
        line.send(NORMAL)
        first = line.answer()
        upstream.says.clear()
        line.send(NORMAL)
        second = line.answer()

    assert first is not None
    assert (first.status, first.body) == (204, b"")
    assert second is None or second.status == 200


def test_an_answer_behind_another_is_never_taken_for_the_next(target: Target, upstream: Golike) -> None:
    """Neither by the caller of the first request nor by the one who is served over the same connection upstream."""
    poison = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\npoison"
    for _ in range(20):
        upstream.says[CHAT] = CLEANED["cookie"] + poison
        first = said_to(target.port, NORMAL)
        upstream.says.clear()
        second = said_to(target.port, NORMAL)

        assert first is not None
        assert second is not None
        assert (first.body, b"poison" in second.body) == (BODY, False)


def test_an_endless_head_is_cut_off(target: Target, upstream: Golike) -> None:
    upstream.says[CHAT] = endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 100)

    said = said_to(target.port, NORMAL)

    assert said is not None
    assert (said.status, said.reason) == (502, "upstream")


def test_endless_interim_answers_are_cut_off(target: Target, upstream: Golike) -> None:
    upstream.says[CHAT] = endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n")

    said = said_to(target.port, NORMAL)

    assert said is not None
    assert (said.status, said.reason) == (502, "upstream")


def test_a_caller_that_leaves_stops_an_endless_answer(target: Target, upstream: Golike) -> None:
    stopped = threading.Event()
    upstream.says[CHAT] = endless(STREAMED, b"5\r\nabcd\n\r\n", stopped)

    with Line(target.port) as line:
        line.send(NORMAL)

    assert stopped.wait(5)


def test_an_endless_list_of_models_is_cut_off(upstream: Golike, target: Target) -> None:
    del target
    with attacked() as small:
        small.upstream.says[b"/v1/models"] = endless(STREAMED, b"%x\r\n%s\r\n" % (1 << 20, b" " * (1 << 20)))

        said = said_to(small.port, get(b"/v1/models"))

    assert said is not None
    assert (said.status, said.reason) == (502, "upstream")
    assert upstream.dangerous == []


def endless(sent: bytes, again: bytes, stopped: threading.Event | None = None) -> Says:
    """Send one piece and then another for ever, until the guard closes; then say so."""

    def serve(connection: socket.socket, over: threading.Event) -> None:
        try:
            connection.sendall(sent)
            while not over.is_set():
                connection.sendall(again)
        finally:
            if stopped is not None:
                stopped.set()

    return serve
