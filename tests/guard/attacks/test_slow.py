"""Attacks by patience: callers that begin and never end, send without end, or take nothing of what they asked for."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from attack import GOOD, HOST, NORMAL, PULL, Line, Said, get, is_well, post
from attacked import SHORT, Target, attacked
from golike import Says

BEGUN = b"POST /api/chat HTTP/1.1\r\n" + HOST
HEADS: dict[str, bytes] = {
    "nothing": b"",
    "a-letter": b"P",
    "half-a-line": b"POST /api/ch",
    "no-empty-line": BEGUN + b"Content-Length: 5\r\n",
    "no-body": BEGUN + b"Content-Length: 50\r\n\r\n",
    "half-a-body": BEGUN + b'Content-Length: 50\r\n\r\n{"model":',
    "no-chunk": BEGUN + b"Transfer-Encoding: chunked\r\n\r\n",
    "half-a-chunk": BEGUN + b"Transfer-Encoding: chunked\r\n\r\n50\r\n{",
    "no-last-chunk": BEGUN + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    "no-end-of-trailers": BEGUN + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX: y\r\n",
    "continue-and-nothing": BEGUN + b"Content-Length: 50\r\nExpect: 100-continue\r\n\r\n",
}
ENDLESS: dict[str, tuple[bytes, bytes]] = {
    "method": (b"", b"A" * 10_000),
    "empty-lines": (b"", b"\r\n" * 5_000),
    "target": (b"GET /", b"a" * 10_000),
    "header": (b"GET / HTTP/1.1\r\nX: ", b"a" * 10_000),
    "headers": (b"GET / HTTP/1.1\r\n", b"X: y\r\n" * 2_000),
    "chunk": (BEGUN + b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n", b"a" * 60_000),
    "chunks": (BEGUN + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n" * 10_000),
    "chunk-extension": (BEGUN + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a" * 60_000),
    "chunk-size": (BEGUN + b"Transfer-Encoding: chunked\r\n\r\n", b"0" * 60_000),
    "trailers": (BEGUN + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n" * 10_000),
    "pipelined": (b"", NORMAL * 100),
    "pipelined-pulls": (b"", PULL * 100),
    "body-of-a-refusal": (
        b"POST /api/pull HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 999999999\r\n\r\n",
        b"a" * 60_000,
    ),
}


@pytest.fixture(autouse=True)
def well(target: Target) -> Iterator[None]:
    target.upstream.forget()
    yield
    target.upstream.says.clear()
    assert target.upstream.dangerous == []
    is_well(target.port)


@pytest.mark.parametrize("name", HEADS)
def test_what_never_ends_is_ended(target: Target, name: str) -> None:
    with Line(target.port) as line:
        line.send(HEADS[name])
        said = line.answer()

    assert said is None or said.status in {400, 408}


@pytest.mark.parametrize("name", ["no-empty-line", "half-a-body", "half-a-chunk"])
def test_a_drip_wins_no_time(target: Target, name: str) -> None:
    with Line(target.port) as line:
        line.send(HEADS[name])
        over = threading.Event()
        dripping = threading.Thread(target=drip, args=[line, over, b"X: y\r\n" if name == "no-empty-line" else b" "])
        dripping.start()
        said = line.answer()
        over.set()
        dripping.join(5)

    assert said is None or said.status in {400, 408}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_is_sent_without_end_is_cut_off(target: Target, name: str) -> None:
    begun, again = ENDLESS[name]
    sent = 0
    with contextlib.closing(socket.create_connection(("127.0.0.1", target.port), timeout=5)) as caller:
        caller.sendall(begun)
        until = time.monotonic() + 5
        with contextlib.suppress(ConnectionError, TimeoutError):
            while time.monotonic() < until and sent < 1 << 30:
                caller.sendall(again)
                sent += len(again)
        assert time.monotonic() < until, f"{sent} bytes were taken, and it goes on"


def test_many_that_never_end_keep_nobody_out(target: Target) -> None:
    with contextlib.ExitStack() as stack:
        for raw in list(HEADS.values()) * 20:
            stack.enter_context(Line(target.port)).send(raw)
        is_well(target.port)


def test_a_caller_beyond_the_limit_is_told_so_and_the_next_is_served() -> None:
    limits = type(SHORT)(connections=20, head_s=0.5, body_s=0.5, idle_s=5)
    with attacked(limits=limits) as target:
        with contextlib.ExitStack() as stack:
            for _ in range(20):
                stack.enter_context(Line(target.port)).send(b"P")
            with Line(target.port) as line:
                line.send(NORMAL)
                said = line.answer()
            assert said is None or (said.status, said.reason) == (503, "busy")
        wait_until(lambda: served(target.port))


def test_a_caller_that_takes_nothing_does_not_grow_the_guard(target: Target) -> None:
    """What it does not take is not read from the upstream either, and in the end it is let go."""
    sent, stopped = [0], threading.Event()
    target.upstream.says[b"/api/chat"] = flood(sent, stopped)
    with Line(target.port) as line:
        line.send(NORMAL)
        assert stopped.wait(15), "the upstream is still asked for more"

    assert sent[0] < 64 << 20, f"{sent[0]} bytes were taken in"


def test_a_refused_caller_that_goes_on_sending_sees_the_refusal(target: Target) -> None:
    body = b"a" * (8 << 20)
    with Line(target.port) as line:
        line.send(b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body))
        sending = threading.Thread(target=line.send, args=[body])
        sending.start()
        said = line.answer()
        sending.join(5)

    assert said is not None
    assert (said.status, said.reason) == (413, "too-large")


def test_a_pipelined_request_is_not_executed_twice(target: Target) -> None:
    for turn in range(20):
        # One that was left early may still be on its way to the upstream: each turn knows its own.
        mark = b'"keep_alive":"%dm"' % (turn + 7)
        marked = post(b"/api/chat", b'{"model":"%s","messages":[],"stream":false,%s}' % (GOOD, mark))
        with Line(target.port) as line:
            line.send(marked + get(b"/api/ps"))
            line.end()
            answers = list(iter(line.answer, None))
        assert len(answers) <= 2
        assert len([one for one in target.upstream.requests if mark in one.body]) <= 1


def drip(line: Line, over: threading.Event, drop: bytes) -> None:
    while not over.wait(0.05):
        line.send(drop)


def flood(sent: list[int], stopped: threading.Event) -> Says:
    def serve(connection: socket.socket, over: threading.Event) -> None:
        piece = b"%x\r\n%s\r\n" % (1 << 16, b"a" * (1 << 16))
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n")
            while not over.is_set():
                connection.sendall(piece)
                sent[0] += len(piece)
        finally:
            stopped.set()

    return serve


def served(port: int) -> bool:
    with Line(port) as line:
        line.send(NORMAL)
        said: Said | None = line.answer()
    return said is not None and said.status == 200


def wait_until(holds: Callable[[], bool], within_s: float = 5.0) -> None:
    until = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until, "it never came to hold"
