"""The link between a worker and the first process: events and counters go one way, the word to end the other.

Each message is a line of JSON. Nothing waits for it, and nothing that is said over it is silently lost: what finds no
room is counted, and the number is told later.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import cast

import msgspec

from modelcheck.guard.event import Event
from modelcheck.guard.journal import Journal
from modelcheck.guard.lessons import Lessons
from modelcheck.guard.metrics import Counts, Metrics

END = b"\n"
"""Asks a worker to end."""
LONGEST = 1 << 20
"""Bytes of a message that are read."""
MOST_WAITING = 4 << 20
"""Bytes that wait until the first process takes them; what comes then is only counted."""


class Noted(msgspec.Struct, frozen=True, tag="noted"):
    """An event, for the audit log and the lessons."""

    event: Event


class Counted(msgspec.Struct, frozen=True, tag="counted"):
    """All that the worker has counted since its start."""

    counts: Counts


class Missed(msgspec.Struct, frozen=True, tag="missed"):
    """Events that could not be told."""

    events: int


Message = Noted | Counted | Missed

_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


class Link(asyncio.Protocol):
    """A worker's side of the link; it stands in for the audit log there."""

    def __init__(self, metrics: Metrics, end: Callable[[], None], gone: Callable[[], None]) -> None:
        """Make a side that is not linked yet.

        Args:
            metrics: what the worker counts.
            end: is called when the first process asks the worker to end.
            gone: is called when the first process has vanished.

        """
        self._metrics = metrics
        self._end = end
        self._gone = gone
        self._transport: asyncio.WriteTransport | None = None
        self._most = MOST_WAITING
        self._missed = 0
        self._told = Counts()
        self._closed: asyncio.Event | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Know that it is linked."""
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Take the word to end."""
        del data
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the end that was meant from one that was not."""
        del exc
        if self._closed is None:
            self._gone()
        else:
            self._closed.set()

    def note(self, event: Event) -> None:
        """Tell of an event."""
        if not self._say(Noted(event)):
            self._missed += 1

    def flush(self) -> None:
        """Tell what has changed since it was last told."""
        if self._missed and self._say(Missed(self._missed)):
            self._missed = 0
        counts = self._metrics.counts()
        if counts != self._told and self._say(Counted(counts)):
            self._told = counts

    async def close(self) -> None:
        """Tell the rest, and wait until it is taken."""
        if self._transport is not None:
            self._most *= 2
            self.flush()
            self._closed = asyncio.Event()
            self._transport.close()
            await self._closed.wait()

    def _say(self, message: Message) -> bool:
        transport = self._transport
        if transport is None or transport.is_closing() or transport.get_write_buffer_size() > self._most:
            return False
        transport.write(msgspec.json.encode(message) + b"\n")
        return True


async def heard(reader: asyncio.StreamReader, take: Callable[[Message], None]) -> None:
    """Hear a worker to its end; a line that is no message counts as an event that was missed."""
    with suppress(ConnectionError):
        while line := await _line(reader):
            take(_message(line))


def enter(message: Message, number: int, journal: Journal, metrics: Metrics, lessons: Lessons | None) -> None:
    """Enter what a worker of some number tells where the first process enters its own."""
    if isinstance(message, Noted):
        journal.note(message.event)
        if lessons is not None:
            lessons.note(message.event)
    elif isinstance(message, Counted):
        metrics.take(number, message.counts)
    else:
        journal.miss(message.events)


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readline()
    except ValueError:  # longer than the reader's limit, and passed over
        return b"\n"


def _message(line: bytes) -> Message:
    try:
        message: Message = _decoder.decode(line)
    except msgspec.DecodeError:
        return Missed(1)
    return message
