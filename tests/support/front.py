"""A guard without sockets: callers over transports of memory, a clock that tests turn, an upstream that they play."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import msgspec

from modelcheck.app.tables import table
from modelcheck.core.exceptions import Exemption
from modelcheck.core.machine import Entry
from modelcheck.core.tables import Families
from modelcheck.guard.connection import Connection
from modelcheck.guard.event import Event
from modelcheck.guard.guard import Guard
from modelcheck.guard.journal import Journal
from modelcheck.guard.lessons import Lessons
from modelcheck.guard.limits import Limits
from modelcheck.guard.metrics import Metrics
from modelcheck.guard.setup import Address, Knowledge, Setup
from modelcheck.guard.state import Reading, State
from modelcheck.guard.upstream import Consumer, Exchange, Pool
from modelcheck.probes.ollama.answers import entries_of, switch_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LLAMA = Entry("llama3:8b", size=5 * 10**9, digest="a" * 64, remote=False)
STUB = Entry("bridge:latest", size=400, digest="c" * 64, remote=True)
HELD = (LLAMA, STUB)
HOST = b"Host: localhost\r\n"


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Transport(asyncio.Transport):
    """Keeps what is written, and what is done to it."""

    def __init__(self, *peer: object, can_end: bool = True) -> None:
        super().__init__({"peername": peer} if peer else {})
        self.written = b""
        self.writes = 0
        self.is_closed = False
        self.is_aborted = False
        self.is_paused = False
        self.has_ended = False
        self.high: int | None = None
        self._can_end = can_end

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.is_closed, "nothing is written to a closed connection"
        assert not self.has_ended, "nothing is written after the end"
        self.written += bytes(data)
        self.writes += 1

    def can_write_eof(self) -> bool:
        return self._can_end

    def write_eof(self) -> None:
        assert self._can_end
        assert not self.is_closed
        self.has_ended = True

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        del low
        self.high = high

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = self.is_aborted = True

    def pause_reading(self) -> None:
        assert not self.is_closed
        self.is_paused = True

    def resume_reading(self) -> None:
        assert not self.is_closed
        self.is_paused = False


class Timer:
    """A call that is due later."""

    def __init__(self, after: float, call: Callable[..., object], arguments: tuple[object, ...]) -> None:
        self.after = after
        self.is_cancelled = False
        self._call = call
        self._arguments = arguments

    def cancel(self) -> None:
        self.is_cancelled = True

    def ring(self) -> None:
        assert not self.is_cancelled
        self._call(*self._arguments)


class Played:
    """Stands in for the connections to the upstream: what is sent waits for the test to answer it."""

    def __init__(self) -> None:
        self.sent: list[Exchange] = []
        self.is_closed = False

    def send(self, request: bytes, consumer: Consumer, *, is_ruled: bool = True) -> Exchange:
        self.sent.append(Exchange(request, consumer, 0 if is_ruled else None))
        return self.sent[-1]

    def close(self) -> None:
        self.is_closed = True

    def answer(self, place: int, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
        """Answer one exchange whole, as the upstream's connection would."""
        consumer = self.sent[place].consumer
        assert consumer is not None, "nobody waits for this answer"
        consumer.head(status, [(b"Content-Length", b"%d" % len(body)), *headers])
        if self.sent[place].consumer is not None and body:
            consumer.data(body)
        left, self.sent[place].consumer = self.sent[place].consumer, None
        if left is not None:
            left.end()


class Kept(Journal):
    """A log that keeps its events."""

    def __init__(self) -> None:
        super().__init__(None, now=lambda: NOW)
        self.events: list[Event] = []
        self.flushes = 0

    def note(self, event: Event) -> None:
        self.events.append(event)

    def flush(self) -> None:
        self.flushes += 1


class Front:
    """A guard, and everything around it."""

    def __init__(self, *exemptions: Exemption, limits: Limits | None = None, **changes: Any) -> None:
        setup = Setup(Address("127.0.0.1", 11435), Address("127.0.0.1", 11434), limits=limits or Limits())
        self.setup = msgspec.structs.replace(setup, **changes)
        self.exemptions = [*exemptions]
        self.clock = Clock()
        self.upstream = Played()
        self.journal, self.metrics, self.lessons = Kept(), Metrics(), Lessons()
        self.timers: list[Timer] = []
        with asyncio.Runner() as runner:
            self.guard = runner.run(self._made())
        self.guard.clock = self.clock
        self.guard.state = State(self.setup.limits, table(Families), self.clock)
        self.guard.pool = cast("Pool", self.upstream)
        self.guard.loop = cast("asyncio.AbstractEventLoop", self)

    async def _made(self) -> Guard:
        knowledge = Knowledge(entries_of, switch_of, table(Families), lambda: tuple(self.exemptions), lambda: NOW)
        return Guard(self.setup, knowledge, self.journal, self.metrics, self.lessons)

    def call_later(self, after: float, call: Callable[..., object], *arguments: object) -> Timer:
        """Stand in for the event loop."""
        self.timers.append(Timer(after, call, arguments))
        return self.timers[-1]

    def read(self, *entries: Entry, disabled: bool | None = True) -> None:
        """Let the guard have looked at its upstream just now."""
        self.guard.state.take(Reading(entries or HELD, disabled, self.clock()), self.guard.state.epoch)

    def caller(self, *peer: object, can_end: bool = True) -> "Caller":
        """Let a caller connect."""
        return Caller(self, Transport(*(peer or ("127.0.0.1", 50000)), can_end=can_end))


class Caller:
    """One caller, and what has been said to it."""

    def __init__(self, front: Front, transport: Transport) -> None:
        self.transport = transport
        self.connection = Connection(front.guard)
        self.connection.connection_made(transport)

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.connection.data_received(piece)

    def post(self, path: str, body: bytes, *headers: str) -> None:
        self.send(post(path, body, *headers))

    def get(self, path: str, *headers: str) -> None:
        self.send(get(path, *headers))

    def leave(self) -> None:
        self.connection.connection_lost(None)

    @property
    def said(self) -> bytes:
        """What has been written to it since it was last asked."""
        written, self.transport.written = self.transport.written, b""
        return written


def get(path: str, *headers: str, method: str = "GET") -> bytes:
    """Return a request without a body."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


def post(path: str, body: bytes, *headers: str, method: str = "POST") -> bytes:
    """Return a request with a JSON body."""
    return get(path, f"Content-Length: {len(body)}", *headers, method=method) + body


def status(said: bytes) -> int:
    """The status of an answer."""
    return int(said.split(b" ")[1])


def header(said: bytes, name: str) -> str | None:
    """A header of an answer, which must not stand twice."""
    lines = said.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    found = [value.strip() for key, _, value in (line.partition(":") for line in lines) if key.lower() == name.lower()]
    assert len(found) < 2
    return found[0] if found else None


def body(said: bytes) -> bytes:
    """The body of an answer, as long as its head says it is."""
    data = said.partition(b"\r\n\r\n")[2]
    assert len(data) == int(header(said, "Content-Length") or len(data))
    return data
