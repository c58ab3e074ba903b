"""One guard: what all its connections share, and the look at its upstream that several of them may wait for."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Protocol

import msgspec

from modelcheck import __version__
from modelcheck.core.codec import NotJson, decode_json
from modelcheck.core.handshake import PROTOCOL, Handshake, is_nonce, proof
from modelcheck.core.ruling import Intent, Ruling, ruling
from modelcheck.core.text import printable
from modelcheck.guard.admission import Admission
from modelcheck.guard.collected import Collected
from modelcheck.guard.event import OTHER, Event, Log, Outcome
from modelcheck.guard.fault import Fault, Refused
from modelcheck.guard.lessons import Lessons
from modelcheck.guard.metrics import Metrics
from modelcheck.guard.setup import Knowledge, Setup
from modelcheck.guard.state import MOST_ANSWERS, Reading, State
from modelcheck.guard.upstream import Pool

TAGS, STATUS = b"/api/tags", b"/api/status"
MOST_REPEATS = 3
"""Times that a look is repeated at once because another server may have come while it went on."""
SWEEP_S = 1.0
"""Seconds between two rounds over all connections."""


class Swept(Protocol):
    """A connection, as the guard goes over it."""

    deadline: float | None
    """The moment at which it is overdue; None where it may wait."""

    def overdue(self) -> None:
        """End what takes too long."""
        ...

    def drain(self) -> None:
        """Take no further request."""
        ...

    def abort(self) -> None:
        """Close at once."""
        ...


class Guard:
    """Everything that the connections of one guard share."""

    def __init__(
        self,
        setup: Setup,
        knowledge: Knowledge,
        journal: Log,
        metrics: Metrics,
        lessons: Lessons | None,
        *,
        instance: str = "",
    ) -> None:
        self.setup = setup
        self.limits = setup.limits
        self.loop = asyncio.get_running_loop()
        self.clock = self.loop.time
        self.state = State(setup.limits, knowledge.families, self.clock)
        self.pool = Pool(setup.upstream, setup.limits, self.loop, self.state)
        self.admission = Admission(setup)
        self.authority = setup.upstream.authority.encode("ascii")
        self.metrics = metrics
        self.connections: set[Swept] = set()
        self.instance = instance or secrets.token_hex(16)
        self.bodies = 0
        """Bytes of all bodies that are held."""
        self.is_ending = False
        self._knowledge = knowledge
        self._journal = journal
        self._lessons = lessons
        self._emptied = asyncio.Event()
        self._waiting: list[Callable[[], None]] = []
        self._is_looking = False
        self._repeats = 0

    def rule(self, intent: Intent, *, passes: bool = True) -> Ruling:
        """Rule on a request by what is known now; without exceptions where none opens its route.

        What holds without exceptions is remembered until the next look.
        """
        exemptions = self._knowledge.exemptions() if passes else ()
        is_steady = not exemptions and self.state.is_fresh
        if is_steady and (known := self.state.rulings.get(intent)) is not None:
            return known
        ruled = ruling(intent, lambda name: self.state.check(name, intent.action), exemptions, self._knowledge.now())
        if is_steady and len(self.state.rulings) < MOST_ANSWERS:
            self.state.rulings[intent] = ruled
        return ruled

    def prove(self, query: str) -> bytes:
        """Return the answer to the handshake.

        Raises:
            Refused: the query holds no nonce.

        """
        key, _, nonce = query.partition("=")
        if key != "n" or not is_nonce(nonce):
            raise Refused(Fault.MALFORMED, "the handshake takes ?n=NONCE, 16 to 64 letters, digits, - and _")
        reading, age = self.state.reading, self.state.age
        switch = None if reading is None else reading.cloud_disabled
        return msgspec.json.encode(
            Handshake(
                guard="modelcheck",
                protocol=PROTOCOL,
                version=__version__,
                instance=self.instance,
                nonce=nonce,
                proof=proof(nonce, self.instance),
                cloud="unknown" if switch is None else ("disabled" if switch else "enabled"),
                inventory_age_s=None if age is None else round(age, 1),
                token=bool(self.setup.token),
            )
        )

    def note(self, route: str, event: Event) -> None:
        """Enter what was not simply passed on in the log, the counters and the lessons."""
        self.metrics.count(route, event.outcome)
        if event.outcome is Outcome.ANSWERED:
            return
        self.metrics.note(event)
        self._journal.note(event)
        if self._lessons is not None and event.outcome is Outcome.REFUSED:
            self._lessons.note(event)

    def own_fault(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Note what nobody expected: its connection is closed, the others go on, and no traceback is printed."""
        del loop
        error = context.get("exception")
        kind = type(error).__name__ if error is not None else str(context.get("message", ""))
        self.note(OTHER, Event(Outcome.FAILED, "own-fault", 500, "", "", name=printable(kind, 100)))

    def look(self, then: Callable[[], None] | None = None) -> None:
        """Look at the upstream, once for all who wait, and go on when it has answered or failed.

        Raises:
            Refused: too many wait already.

        """
        if then is not None:
            if len(self._waiting) >= self.limits.waiting:
                raise Refused(Fault.BUSY, "too many requests wait for the upstream")
            self._waiting.append(then)
        if not self._is_looking:
            self._is_looking = True
            _Look(self, self._looked).begin()

    def _looked(self, reading: Reading | None, epoch: int) -> None:
        self._is_looking = False
        if reading is None:
            self.state.doubt()
        else:
            self.state.take(reading, epoch)
            if self.state.is_doubtful and self._waiting and self._repeats < MOST_REPEATS:
                self._repeats += 1
                self.look()
                return
        self._repeats = 0
        waiting, self._waiting = self._waiting, []
        for then in waiting:
            then()

    def read(self, tags: bytes, status: bytes | None, at: float) -> Reading | None:
        """Return what two answers say; None where the list cannot be read."""
        try:
            entries = self._knowledge.entries(decode_json(tags, limit=self.limits.answer))
            disabled = None if status is None else self._knowledge.switch(decode_json(status, limit=self.limits.answer))
        except (NotJson, ValueError):
            return None
        return Reading(entries, disabled, at)

    def sweep(self) -> None:
        """Go over all connections, look at the upstream, and write the log; called again and again."""
        now = self.clock()
        for one in list(self.connections):
            if one.deadline is not None and one.deadline <= now:
                one.overdue()
        age = self.state.age
        if not self.is_ending and (age is None or age >= self.limits.fresh_s or self.state.is_doubtful):
            self.look()
        self._journal.flush()

    def forget(self, connection: Swept) -> None:
        """Forget a connection that is closed."""
        self.connections.discard(connection)
        if self.is_ending and not self.connections:
            self._emptied.set()

    async def drain(self) -> None:
        """Let running requests end, and close what is left after the time for it."""
        self.is_ending = True
        for one in list(self.connections):
            one.drain()
        if self.connections:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._emptied.wait(), self.limits.drain_s)
        for one in list(self.connections):
            one.abort()
        self.pool.close()


class _Look:
    """One look at the upstream: both questions at once, and one end to it."""

    def __init__(self, guard: Guard, done: Callable[[Reading | None, int], None]) -> None:
        self._guard = guard
        self._epoch = guard.state.epoch
        self._done = done
        self._at = guard.clock()
        self._answers: dict[bytes, tuple[int, bytes] | None] = {}

    def begin(self) -> None:
        """Ask."""
        guard = self._guard
        self._late = guard.loop.call_later(guard.limits.read_s, self._end, None)
        self._exchanges = [
            guard.pool.send(plain_get(guard.authority, path), self._collected(path), is_ruled=False)
            for path in (TAGS, STATUS)
        ]

    def _collected(self, path: bytes) -> Collected:
        def take(answer: tuple[int, bytes] | None) -> None:
            self._answers[path] = answer
            if len(self._answers) == 2 or (path == TAGS and answer is None):  # noqa: PLR2004 - the two questions
                self._end(self._reading())

        return Collected(self._guard.limits.answer, take)

    def _reading(self) -> Reading | None:
        tags, status = self._answers.get(TAGS), self._answers.get(STATUS)
        if tags is None or tags[0] != HTTPStatus.OK or status is None:
            return None
        if status[0] == HTTPStatus.NOT_FOUND:
            return self._guard.read(tags[1], None, self._at)
        return self._guard.read(tags[1], status[1], self._at) if status[0] == HTTPStatus.OK else None

    def _end(self, reading: Reading | None) -> None:
        self._late.cancel()
        for exchange in self._exchanges:
            if exchange.consumer is not None:
                exchange.leave()
        self._done(reading, self._epoch)


def plain_get(authority: bytes, path: bytes) -> bytes:
    """Return a GET request for the upstream."""
    return b"GET %b HTTP/1.1\r\nHost: %b\r\nUser-Agent: modelcheck-guard\r\nAccept-Encoding: identity\r\n\r\n" % (
        path,
        authority,
    )
