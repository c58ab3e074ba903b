"""The upstream: one exchange at a time on each connection, and no answer that is not certainly its own."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Generator
from typing import Any, cast

import pytest
from front import Transport
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.guard.limits import Limits
from modelcheck.guard.setup import Address
from modelcheck.guard.upstream import MOST_HEAD, MOST_HEADERS, MOST_INTERIM, Exchange, Pool, UpstreamConnection

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n3\r\nabc\r\n0\r\n\r\n"


class Taker:
    """Writes down what it is told of an answer."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.on_flush: Callable[[], None] | None = None
        self.on_head: Callable[[], None] | None = None
        self.on_end: Callable[[], None] | None = None

    def head(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        if self.on_head is not None:
            self.on_head()
            return
        self.told.append(status)
        self.headers = headers

    def data(self, chunk: bytes) -> None:
        self.body += chunk

    def flush(self) -> None:
        self.told.append("flush")
        if self.on_flush is not None:
            self.on_flush()

    def end(self) -> None:
        self.told.append("end")
        if self.on_end is not None:
            self.on_end()

    def broken(self) -> None:
        self.told.append("broken")

    def unsent(self) -> None:
        self.told.append("unsent")


class Doubts:
    """Counts doubts."""

    def __init__(self) -> None:
        self.epoch = 0

    def doubt(self) -> None:
        self.epoch += 1


class Loop:
    """An event loop that connects when the test says so."""

    def __init__(self) -> None:
        self.connecting: list[Awaitable[None]] = []
        self.made: list[tuple[UpstreamConnection, Transport]] = []
        self.asked: list[tuple[str, int]] = []
        self.failure: OSError | None = None
        self.is_silent = False

    def create_task(self, work: Any) -> Any:
        self.connecting.append(work)
        return self

    def add_done_callback(self, call: object) -> None:
        assert callable(call)

    async def create_connection(
        self, factory: Callable[[], UpstreamConnection], host: str, port: int
    ) -> tuple[Transport, UpstreamConnection]:
        self.asked.append((host, port))
        if self.is_silent:
            await asyncio.Event().wait()
        if self.failure is not None:
            raise self.failure
        connection, transport = factory(), Transport()
        connection.connection_made(transport)
        self.made.append((connection, transport))
        return transport, connection

    def connect(self) -> None:
        """Go on with every connection that was begun."""
        begun, self.connecting = self.connecting, []
        for one in begun:
            asyncio.run(_of(one))


async def _of(work: Awaitable[None]) -> None:
    await work


class Line:
    """A pool, and its latest connection."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.doubts, self.loop = Doubts(), Loop()
        self.pool = Pool(
            Address("127.0.0.1", 7), limits or Limits(), cast("asyncio.AbstractEventLoop", self.loop), self.doubts
        )

    def sent(self, request: bytes = b"GET", *, is_ruled: bool = True) -> tuple[Exchange, Taker]:
        """Send a request over a kept connection or a new one."""
        taker = Taker()
        exchange = self.pool.send(request, taker, is_ruled=is_ruled)
        self.loop.connect()
        return exchange, taker

    @property
    def connection(self) -> UpstreamConnection:
        return self.loop.made[-1][0]

    @property
    def transport(self) -> Transport:
        return self.loop.made[-1][1]

    def receive(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.connection.data_received(piece)

    def close(self) -> None:
        """Let the server close the connection."""
        self.transport.is_closed = True
        self.connection.connection_lost(None)


@pytest.fixture
def line() -> Generator[Line]:
    one = Line()
    yield one
    assert one.loop.connecting == []


# One answer.


def test_a_request_is_written_once_its_connection_is_there(line: Line) -> None:
    exchange, taker = line.sent(b"GET /")
    assert line.loop.asked == [("127.0.0.1", 7)]
    assert line.transport.written == b"GET /"
    assert exchange.connection is line.connection
    assert taker.told == []


@pytest.mark.parametrize(("answer", "body"), [(OK, b"ok"), (CHUNKED, b"okabc")])
def test_an_answer_is_handed_on_whole_and_in_pieces(line: Line, answer: bytes, body: bytes) -> None:
    exchange, taker = line.sent()
    line.receive(answer)
    assert (taker.told, taker.body) == ([200, "end"], body)
    assert exchange.consumer is None
    assert exchange.connection is None
    again, other = line.sent()
    line.receive(*(bytes([one]) for one in answer))
    assert other.body == body
    assert (other.told[0], other.told[-1]) == (200, "end")
    assert set(other.told[1:-1]) == {"flush"}
    assert again.consumer is None
    assert len(line.loop.made) == 1


def test_the_headers_of_an_answer_are_as_they_came_without_its_trailers(line: Line) -> None:
    _, taker = line.sent()
    line.receive(
        CHUNKED.replace(b"\r\n\r\n2", b"\r\nX-A:  b\r\nX-A: c\r\n\r\n2").replace(b"0\r\n\r\n", b"0\r\nT: u\r\n\r\n")
    )
    assert taker.headers == [(b"Transfer-Encoding", b"chunked"), (b"X-A", b"b"), (b"X-A", b"c")]
    assert taker.told == [200, "end"]


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_an_answer_without_a_body_ends_with_its_head(line: Line, status: bytes) -> None:
    _, taker = line.sent()
    line.receive(b"HTTP/1.1 " + status + b"\r\n\r\n")
    assert taker.told[-1] == "end"
    assert taker.body == b""


def test_an_answer_of_no_length_ends_with_its_connection(line: Line) -> None:
    _, taker = line.sent()
    line.receive(b"HTTP/1.1 200 OK\r\n\r\nab", b"c")
    assert taker.told == [200, "flush", "flush"]
    line.close()
    assert taker.told[-1] == "end"
    assert taker.body == b"abc"
    assert line.doubts.epoch == 0


@pytest.mark.parametrize(
    "cut",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
)
def test_an_answer_that_breaks_off_never_ends(line: Line, cut: bytes) -> None:
    exchange, taker = line.sent()
    if cut:
        line.receive(cut)
    line.close()
    assert taker.told[-1] == "broken"
    assert "end" not in taker.told
    assert exchange.consumer is None
    line.close()
    assert taker.told.count("broken") == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nBad Header: 1\r\n\r\n",
    ],
)
def test_what_is_no_answer_breaks_off_and_closes(line: Line, answer: bytes) -> None:
    _, taker = line.sent()
    line.receive(answer)
    assert taker.told[-1] == "broken"
    assert line.transport.is_aborted
    line.connection.connection_lost(None)
    assert taker.told.count("broken") == 1


def test_an_answer_that_changes_the_protocol_is_handed_on_as_what_it_is(line: Line) -> None:
    _, taker = line.sent()
    line.receive(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
    assert taker.told[0] == 101
    assert line.transport.is_closed


# Interim answers.


def test_interim_answers_are_passed_over_and_the_connection_is_not_kept(line: Line) -> None:
    _, taker = line.sent()
    line.receive(b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: z\r\n\r\n" + OK)
    assert (taker.told, taker.body) == ([200, "end"], b"ok")
    assert taker.headers == [(b"Content-Length", b"2")]
    assert line.transport.is_aborted


def test_there_may_be_some_interim_answers_and_not_more(line: Line) -> None:
    interim = b"HTTP/1.1 102 Processing\r\n\r\n"
    _, taker = line.sent()
    line.receive(*[interim] * MOST_INTERIM, OK)
    assert taker.told[-1] == "end"
    for pieces in ([interim] * (MOST_INTERIM + 1), [interim * (MOST_INTERIM + 1) + OK]):
        _, other = line.sent()
        line.receive(*pieces)
        assert other.told[-1] == "broken"
        assert "end" not in other.told


# Bounds.


def test_a_head_is_bounded(line: Line) -> None:
    start = b"HTTP/1.1 200 OK\r\nX: "
    _, taker = line.sent()
    line.receive(start + b"y" * (MOST_HEAD - len(start)))
    assert taker.told == []
    line.receive(b"y")
    assert taker.told == ["broken"]
    assert line.transport.is_aborted


def test_the_number_of_headers_is_bounded(line: Line) -> None:
    _, taker = line.sent()
    line.receive(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * MOST_HEADERS + b"Content-Le")
    assert taker.told == []
    line.receive(b"ngth: 0\r\nX: y\r\nX")
    assert taker.told == ["broken"]


# Connections that are kept.


def test_a_connection_is_used_again_and_only_for_one_exchange_at_a_time(line: Line) -> None:
    line.sent(b"one")
    line.sent(b"two")
    assert len(line.loop.made) == 2
    line.receive(OK)
    line.sent(b"three")
    assert len(line.loop.made) == 2
    assert line.transport.written == b"twothree"


@pytest.mark.parametrize(
    "answer",
    [
        OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
        OK.replace(b"HTTP/1.1", b"HTTP/1.0"),
        OK + b"HTTP/1.1 2",
        OK + OK,
        OK + b"nonsense",
        OK + b"HTTP/1.1 100 Continue\r\n\r\n",
        CHUNKED + b"x",
    ],
)
def test_a_connection_that_did_not_end_cleanly_is_not_used_again(line: Line, answer: bytes) -> None:
    _, taker = line.sent()
    line.receive(answer)
    assert taker.told == [200, "end"]
    assert taker.body in {b"ok", b"okabc"}
    assert line.transport.is_aborted
    line.sent()
    assert len(line.loop.made) == 2
    assert line.doubts.epoch == 0


def test_a_connection_whose_answer_waits_for_a_slow_caller_is_not_used_again(line: Line) -> None:
    exchange, _ = line.sent()
    exchange.pause()
    line.receive(OK)
    assert line.transport.is_aborted


def test_what_nobody_asked_for_closes_a_kept_connection_and_raises_doubt(line: Line) -> None:
    line.sent()
    line.receive(OK)
    line.receive(OK)
    assert line.transport.is_aborted
    line.connection.connection_lost(None)
    assert line.doubts.epoch == 1
    line.sent()
    assert len(line.loop.made) == 2


def test_only_so_many_connections_are_kept() -> None:
    line = Line(Limits(idle_upstream=1))
    line.sent()
    line.sent()
    for connection, _ in line.loop.made:
        connection.data_received(OK)
    assert [transport.is_aborted for _, transport in line.loop.made] == [False, True]


def test_a_server_that_closes_a_kept_connection_raises_doubt(line: Line) -> None:
    line.sent()
    line.receive(OK)
    assert line.doubts.epoch == 0
    line.close()
    assert line.doubts.epoch == 1
    line.close()
    assert line.doubts.epoch == 1


def test_a_kept_connection_that_is_closing_is_not_used_and_raises_doubt(line: Line) -> None:
    line.sent()
    line.receive(OK)
    line.transport.is_closed = True
    exchange, taker = line.sent()
    assert line.doubts.epoch == 1
    assert len(line.loop.made) == 2
    # It was ruled on before the doubt, so that it is not sent.
    assert line.transport.written == b""
    assert taker.told == ["unsent"]
    assert exchange.consumer is None


def test_our_own_closing_raises_no_doubt(line: Line) -> None:
    line.sent()
    line.receive(OK)
    line.pool.close()
    assert line.transport.is_aborted
    line.connection.connection_lost(None)
    assert line.doubts.epoch == 0
    line.sent()
    assert len(line.loop.made) == 2


def test_our_own_closing_breaks_off_what_is_under_way(line: Line) -> None:
    _, taker = line.sent()
    line.receive(b"HTTP/1.1 200 OK\r\n")
    line.pool.close()
    assert line.transport.is_aborted
    line.connection.connection_lost(None)
    assert taker.told == ["broken"]
    line.transport.is_aborted = False
    line.pool.close()
    assert not line.transport.is_aborted


# What was never sent.


def test_a_request_that_a_kept_connection_never_took_is_held_back(line: Line) -> None:
    line.sent()
    line.receive(OK)
    exchange, taker = line.sent(b"POST")
    line.close()
    assert taker.told == ["unsent"]
    assert exchange.consumer is None
    assert line.doubts.epoch == 1
    assert len(line.loop.made) == 1


def test_a_request_that_needs_no_ruling_is_sent_again(line: Line) -> None:
    line.sent()
    line.receive(OK)
    _, taker = line.sent(b"GET", is_ruled=False)
    line.close()
    line.loop.connect()
    assert len(line.loop.made) == 2
    assert line.transport.written == b"GET"
    line.receive(OK)
    assert taker.told == [200, "end"]
    assert line.doubts.epoch == 0


def test_a_request_of_which_an_answer_has_begun_is_not_sent_again(line: Line) -> None:
    line.sent()
    line.receive(OK)
    _, taker = line.sent(is_ruled=False)
    line.receive(b"H")
    line.close()
    assert taker.told == ["broken"]
    assert line.loop.connecting == []


def test_a_request_on_a_new_connection_is_not_sent_again(line: Line) -> None:
    _, taker = line.sent(is_ruled=False)
    line.close()
    assert taker.told == ["broken"]
    assert line.loop.connecting == []


def test_what_was_ruled_on_before_a_doubt_is_sent_to_no_server_that_came_after_it(line: Line) -> None:
    taker, other = Taker(), Taker()
    line.pool.send(b"POST", taker)
    line.pool.send(b"GET", other, is_ruled=False)
    line.doubts.doubt()
    line.loop.connect()
    assert taker.told == ["unsent"]
    assert [transport.written for _, transport in line.loop.made] == [b"", b"GET"]
    assert [transport.is_aborted for _, transport in line.loop.made] == [True, False]


# Leaving, pausing, failing.


def test_an_exchange_that_is_left_closes_its_connection(line: Line) -> None:
    exchange, taker = line.sent()
    exchange.leave()
    assert line.transport.is_aborted
    line.receive(OK)
    line.connection.connection_lost(None)
    assert taker.told == []
    before, other = Exchange(b"", Taker(), None), Taker()
    before.leave()
    early = line.pool.send(b"GET", other)
    early.leave()
    line.loop.connect()
    assert line.transport.is_aborted
    assert line.transport.written == b""
    assert other.told == []


def test_a_consumer_that_leaves_while_it_is_told_hears_no_more(line: Line) -> None:
    exchange, taker = line.sent()
    taker.on_flush = exchange.leave
    line.receive(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")
    line.receive(b"cde")
    assert taker.told == [200, "flush"]
    assert taker.body == b"ab"
    assert line.transport.is_aborted
    other, second = line.sent()
    second.on_head = other.leave
    line.receive(OK)
    assert (second.told, second.body) == ([], b"")
    assert line.transport.is_aborted


def test_an_exchange_is_paused_and_resumed_before_and_while_it_is_sent(line: Line) -> None:
    taker = Taker()
    exchange = line.pool.send(b"GET", taker)
    exchange.pause()
    line.loop.connect()
    seen = [(line.transport.is_paused, exchange.is_paused)]
    for change in (exchange.resume, exchange.pause):
        change()
        seen.append((line.transport.is_paused, exchange.is_paused))
    assert seen == [(True, True), (False, False), (True, True)]
    line.transport.is_closed = True
    exchange.resume()
    exchange.pause()
    assert line.transport.is_paused


def test_a_connection_that_is_not_made_does_nothing() -> None:
    line = Line()
    connection = UpstreamConnection(line.pool)
    assert not connection.is_open
    connection.abort()
    connection.pause()
    connection.resume()
    connection._parser.feed_data(OK)
    connection.send(Exchange(b"x", Taker(), None))


def test_an_upstream_that_cannot_be_reached_is_told(line: Line) -> None:
    line.loop.failure = ConnectionRefusedError()
    _, taker = line.sent()
    assert taker.told == ["broken"]


def test_an_upstream_that_does_not_answer_the_call_is_given_up() -> None:
    line = Line(Limits(connect_s=0))

    line.loop.is_silent = True
    _, taker = line.sent()
    assert taker.told == ["broken"]


def test_a_consumer_is_told_once() -> None:
    taker = Taker()
    exchange = Exchange(b"", taker, 1)
    exchange.break_off()
    exchange.break_off()
    exchange.hold_back()
    assert taker.told == ["broken"]
    other = Taker()
    held = Exchange(b"", other, 1)
    held.hold_back()
    held.break_off()
    assert other.told == ["unsent"]
    assert held.epoch == 1


def test_over_a_real_connection_an_answer_comes_back_and_the_task_is_forgotten() -> None:
    async def exchange() -> list[object]:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            taker, doubts, ended = Taker(), Doubts(), asyncio.Event()
            taker.on_end = ended.set
            port: int = listening.getsockname()[1]
            loop = asyncio.get_running_loop()
            pool = Pool(Address("127.0.0.1", port), Limits(), loop, doubts)
            pool.send(b"GET / HTTP/1.1\r\n\r\n", taker)
            assert len(pool._connecting) == 1
            listening.setblocking(False)
            accepted, _ = await loop.sock_accept(listening)
            with accepted:
                assert await loop.sock_recv(accepted, 100) == b"GET / HTTP/1.1\r\n\r\n"
                await loop.sock_sendall(accepted, OK)
                await asyncio.wait_for(ended.wait(), 10)
                assert pool._connecting == set()
                pool.close()
                with contextlib.suppress(ConnectionResetError):
                    assert await asyncio.wait_for(loop.sock_recv(accepted, 100), 10) == b""
            return taker.told

    assert asyncio.run(exchange()) == [200, "end"]


pieces = st.sampled_from(
    [
        OK,
        CHUNKED,
        b"HTTP/1.1 200 OK\r\n",
        b"\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"Content-Length: 1\r\n",
        b"ab",
        b"0",
    ]
)


@given(st.lists(pieces, max_size=5), st.lists(st.integers(0, 300), max_size=4))
def test_whatever_a_server_sends_an_exchange_ends_once_and_the_next_one_gets_nothing_of_it(
    sent: list[bytes], cuts: list[int]
) -> None:
    line, raw = Line(), b"".join(sent)
    _, taker = line.sent()
    first = line.connection
    places = sorted(min(cut, len(raw)) for cut in cuts)
    for start, end in zip([0, *places], [*places, len(raw)], strict=True):
        if raw[start:end] and not line.transport.is_closed:
            first.data_received(raw[start:end])
    ended = [one for one in taker.told if one in {"end", "broken"}]
    assert len(ended) <= 1
    if ended:
        _, other = line.sent()
        if line.connection is first:
            line.receive(OK)
            assert (other.told, other.body) == ([200, "end"], b"ok")
    first.connection_lost(None)
    assert len([one for one in taker.told if one in {"end", "broken"}]) == 1
