"""The address of the metrics: GET /metrics for whoever may ask, and a short answer to everything else."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openmetrics import families

from modelcheck.guard import exposition as module
from modelcheck.guard.event import Event, Outcome
from modelcheck.guard.exposition import OPENMETRICS, expose
from modelcheck.guard.metrics import Metrics
from modelcheck.guard.setup import Address

HOST = "127.0.0.1"
GET = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
WAIT_S = 20
"""In which an answer has come, or the connection is closed."""

Talk = Callable[[int], Awaitable[None]]


def with_server(talk: Talk, *, hosts: tuple[str, ...] = ()) -> None:
    """Run a talk with a server of the metrics, whose port it is given."""

    async def run() -> None:
        metrics = Metrics()
        metrics.note(Event(Outcome.REFUSED, "not-here", 403, "POST", "/api/pull"))
        async with await expose(metrics, Address(HOST, 0), hosts=hosts) as server:
            async with asyncio.timeout(WAIT_S):
                await talk(server.sockets[0].getsockname()[1])

    asyncio.run(run())


async def sent(port: int, data: bytes, *, ends: bool = False) -> bytes:
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(data)
    if ends:
        writer.write_eof()
    with suppress(ConnectionError):
        answer = await reader.read()
        writer.close()
        return answer
    return b""


def answer_to(data: bytes, **more: tuple[str, ...]) -> tuple[bytes, bytes]:
    """Return the head and the body of the answer to some bytes."""
    got: list[bytes] = []

    async def talk(port: int) -> None:
        got.append(await sent(port, data))

    with_server(talk, **more)
    head, _, body = got[0].partition(b"\r\n\r\n")
    return head, body


def test_it_answers_with_openmetrics_and_ends() -> None:
    head, body = answer_to(GET)

    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Content-Type: " + OPENMETRICS.encode() in head
    assert b"Content-Length: %d\r\n" % len(body) in head
    assert head.endswith(b"Connection: close")
    assert families(body)["modelcheck_guard_refusals"].value(reason="not-here") == 1


def test_a_query_changes_nothing_and_head_has_no_body() -> None:
    assert families(answer_to(GET.replace(b"/metrics", b"/metrics?name[]=x"))[1])

    head, body = answer_to(GET.replace(b"GET", b"HEAD"))
    assert (head[:12], body) == (b"HTTP/1.1 200", b"")


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:9464", "127.0.0.1:1", "[::1]:1", "a.localhost", "scraper.lan"]
)
def test_hosts_that_are_ours_or_allowed_are_answered(host: str) -> None:
    head, _ = answer_to(GET.replace(b"localhost", host.encode()), hosts=("scraper.lan",))

    assert head.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (GET.replace(b"localhost", b"evil.example"), 403),
        (GET.replace(b"localhost", b"127.0.0.1.evil.example"), 403),
        (GET.replace(b"localhost", b""), 403),
        (GET.replace(b"Host: localhost\r\n", b""), 403),
        (GET.replace(b"Host: localhost\r\n", b"Host: localhost\r\nHost: evil.example\r\n"), 400),
        (GET.replace(b"/metrics", b"/"), 404),
        (GET.replace(b"/metrics", b"//metrics"), 404),
        (GET.replace(b"/metrics", b"/api/pull"), 404),
        (GET.replace(b"/metrics", b"http://localhost/metrics"), 404),
        (GET.replace(b"GET", b"POST"), 405),
        (GET.replace(b"GET", b"OPTIONS"), 405),
        (GET.replace(b"GET", b"FETCH"), 400),
        (GET.replace(b"HTTP/1.1", b"HTTP/2.0"), 400),
        (GET.replace(b"HTTP/1.1", b"HTTP/1.1 "), 400),
        (GET.replace(b"GET /metrics", b"GET  /metrics"), 400),
        (GET.replace(b"\r\n\r\n", b"\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"), 400),
        (GET.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"), 400),
        (GET.replace(b"\r\n\r\n", b"\r\n folded: 1\r\n\r\n"), 400),
        (GET.replace(b"\r\n\r\n", b"\r\n" + b"a: b\r\n" * 60 + b"\r\n"), 400),
        (GET.replace(b"\r\n\r\n", b"\r\na: " + b"b" * (9 << 10) + b"\r\n\r\n"), 431),
        (b"\x16\x03\x01\x00\xa5" + bytes(200) + b"\r\n\r\n", 400),
    ],
)
def test_what_is_not_a_request_for_them_gets_a_short_answer(request_: bytes, status: int) -> None:
    head, body = answer_to(request_)

    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"modelcheck_guard" not in body
    assert len(body) < 100


def test_bytes_without_an_end_get_no_answer() -> None:
    async def talk(port: int) -> None:
        assert await sent(port, b"GET /metrics HT", ends=True) == b""
        assert await sent(port, b"", ends=True) == b""
        assert b"200 OK" in await sent(port, GET)

    with_server(talk)


def test_what_follows_a_request_is_not_answered() -> None:
    async def talk(port: int) -> None:
        assert (await sent(port, GET + GET)).count(b"HTTP/1.1 ") == 1

    with_server(talk)


def test_a_caller_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIMIT_S", 0.05)

    async def talk(port: int) -> None:
        assert await sent(port, b"GET /metrics HTTP/1.1\r\n") == b""

    with_server(talk)


def test_more_callers_than_there_is_room_for_are_closed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECTIONS", 1)

    async def talk(port: int) -> None:
        _, first = await asyncio.open_connection(HOST, port)
        await asyncio.sleep(0)
        while (await sent(port, GET)) != b"":
            pass  # the first connection has not been taken in yet
        first.close()
        while b"200 OK" not in await sent(port, GET):
            pass

    with_server(talk)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.binary(max_size=200) | st.sampled_from([GET, GET[:-2], b"\r\n", b" ", b"\0"]), max_size=6).map(b"".join)
)
def test_whatever_comes_it_answers_or_closes_and_is_well_after_it(data: bytes) -> None:
    async def talk(port: int) -> None:
        got = await sent(port, data, ends=True)
        assert got == b"" or got.startswith(b"HTTP/1.1 ")
        assert b"200 OK" in await sent(port, GET)

    with_server(talk)


def test_an_address_that_is_taken_is_told_to_whoever_asked_for_it() -> None:
    async def talk(port: int) -> None:
        with pytest.raises(OSError, match=r".*"):
            await expose(Metrics(), Address(HOST, port))

    with_server(talk)
