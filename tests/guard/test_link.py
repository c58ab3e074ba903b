"""The link of a worker: what is said arrives, what finds no room is counted, and each kind of end is told apart."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openmetrics import families

from modelcheck.guard import link as module
from modelcheck.guard.event import Event, Outcome
from modelcheck.guard.journal import Journal
from modelcheck.guard.lessons import Lessons
from modelcheck.guard.link import END, Counted, Link, Message, Missed, Noted, enter, heard
from modelcheck.guard.metrics import Counts, Metrics

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="workers need a system that forks")

REFUSAL = Event(Outcome.REFUSED, "not-here", 403, "POST", "/api/pull", "pull", "qwen3:4b")


@dataclass
class Side:
    """A worker's side, and what became of it."""

    link: Link
    metrics: Metrics
    first: socket.socket
    end: asyncio.Event = field(default_factory=asyncio.Event)
    """Whether the worker was asked to end."""
    gone: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def linked() -> AsyncGenerator[Side]:
    first, theirs = socket.socketpair()
    metrics, end, gone = Metrics(), asyncio.Event(), asyncio.Event()
    link = Link(metrics, end.set, gone.set)
    transport, _ = await asyncio.get_running_loop().create_unix_connection(lambda: link, sock=theirs)
    try:
        yield Side(link, metrics, first, end, gone)
    finally:
        first.close()
        transport.close()


async def told(first: socket.socket) -> list[Message]:
    """Hear a side to its end."""
    reader, writer = await asyncio.open_unix_connection(sock=first, limit=module.LONGEST)
    found: list[Message] = []
    await heard(reader, found.append)
    writer.close()
    return found


def test_events_and_counters_arrive_before_the_end() -> None:
    async def talk() -> list[Message]:
        async with linked() as side:
            side.metrics.note(REFUSAL)
            side.link.note(REFUSAL)
            hearing = asyncio.create_task(told(side.first))
            await side.link.close()
            assert not side.gone.is_set()
            return await hearing

    assert asyncio.run(talk()) == [Noted(REFUSAL), Counted(Counts(refusals=(((("reason", "not-here"),), 1),)))]


def test_counters_that_have_not_changed_are_not_told_again() -> None:
    async def talk() -> list[Message]:
        async with linked() as side:
            side.metrics.count("/api/chat", Outcome.FORWARDED)
            for _ in range(3):
                side.link.flush()
            hearing = asyncio.create_task(told(side.first))
            await side.link.close()
            return await hearing

    assert asyncio.run(talk()) == [Counted(Counts(requests=((("/api/chat", Outcome.FORWARDED), 1),)))]


def test_what_finds_no_room_is_counted_and_told_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 10_000)

    async def talk() -> list[Message]:
        async with linked() as side:
            for _ in range(20_000):
                side.link.note(REFUSAL)
            side.link.flush()
            hearing = asyncio.create_task(told(side.first))
            await side.link.close()
            side.link.note(REFUSAL)
            return await hearing

    found = asyncio.run(talk())
    came = sum(isinstance(one, Noted) for one in found)
    missed = sum(one.events for one in found if isinstance(one, Missed))
    assert 0 < came < 20_000
    assert came + missed == 20_000


def test_nothing_is_said_before_it_is_linked_and_closing_it_ends() -> None:
    link = Link(Metrics(), lambda: None, lambda: None)
    link.note(REFUSAL)
    link.flush()

    asyncio.run(link.close())


def test_the_word_to_end_is_no_end_of_the_first_process() -> None:
    async def talk() -> None:
        async with linked() as side:
            side.first.sendall(END)
            async with asyncio.timeout(10):
                await side.end.wait()
            assert not side.gone.is_set()

    asyncio.run(talk())


def test_a_first_process_that_vanishes_is_known_to_be_gone() -> None:
    async def talk() -> bool:
        async with linked() as side:
            side.first.close()
            async with asyncio.timeout(10):
                await side.gone.wait()
            return side.end.is_set()

    assert not asyncio.run(talk())


@settings(deadline=None)
@given(st.lists(st.binary(max_size=80), max_size=10))
def test_whatever_comes_counts_line_by_line_as_missed(lines: list[bytes]) -> None:
    async def hear() -> list[Message]:
        reader = asyncio.StreamReader(limit=64)
        reader.feed_data(b"".join(lines))
        reader.feed_eof()
        found: list[Message] = []
        await heard(reader, found.append)
        return found

    assert set(asyncio.run(hear())) <= {Missed(1)}


def test_a_line_that_is_too_long_or_cut_off_costs_itself_alone() -> None:
    line = msgspec.json.encode(Noted(REFUSAL)) + b"\n"

    async def hear() -> list[Message]:
        reader = asyncio.StreamReader(limit=2 * len(line))
        reader.feed_data(b"x" * 3 * len(line) + b"\n" + line + line[:20])
        reader.feed_eof()
        found: list[Message] = []
        await heard(reader, found.append)
        return found

    assert asyncio.run(hear()) == [Missed(1), Noted(REFUSAL), Missed(1)]


def test_a_side_that_is_torn_off_ends_what_is_heard() -> None:
    async def hear() -> None:
        reader = asyncio.StreamReader()
        reader.set_exception(ConnectionResetError())
        await heard(reader, lambda _: None)

    asyncio.run(hear())


@pytest.mark.parametrize("learns", [True, False])
def test_each_message_is_entered_where_it_belongs(tmp_path: Path, learns: bool) -> None:
    file = tmp_path / "log.jsonl"
    journal, metrics, lessons = Journal(file, now=lambda: datetime.now(UTC)), Metrics(), Lessons() if learns else None
    counts = Counts(requests=((("/api/pull", Outcome.REFUSED), 2),))
    for message in (Noted(REFUSAL), Counted(counts), Counted(counts), Missed(3)):
        enter(message, 1, journal, metrics, lessons)
    enter(Counted(counts), 2, journal, metrics, lessons)
    journal.close()

    requests = families(metrics.exposition())["modelcheck_guard_requests"]
    assert requests.value(route="/api/pull", outcome="refused") == 4
    assert [
        line.get("lost", line.get("name")) for line in map(msgspec.json.decode, file.read_bytes().splitlines())
    ] == [
        "qwen3:4b",
        3,
    ]
    assert journal.lost == 3
    if lessons is not None:
        assert "qwen3:4b" in lessons.proposals(datetime.now(UTC))


def test_without_a_log_nothing_is_missing_in_it() -> None:
    journal = Journal(None, now=lambda: datetime.now(UTC))
    enter(Missed(3), 1, journal, Metrics(), None)

    assert journal.lost == 0


def test_gauges_of_all_processes_are_summed_and_those_that_have_no_value_are_left_out() -> None:
    mine, theirs = Metrics(), Metrics()
    mine.gauge("connections", "Open connections.", lambda: 2)
    theirs.gauge("connections", "Open connections.", lambda: 3)
    theirs.gauge("age", "Seconds.", lambda: float("nan"))
    mine.take(1, msgspec.json.decode(msgspec.json.encode(theirs.counts()), type=Counts))

    assert families(mine.exposition())["modelcheck_guard_connections"].value() == 5
    assert theirs.counts().gauges == (("connections", 3.0),)
