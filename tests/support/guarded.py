"""A guard on a thread of its own, in this process, so that what it runs is measured."""

import asyncio
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from modelcheck.app.tables import table
from modelcheck.core.exceptions import Exemption
from modelcheck.core.tables import Families
from modelcheck.guard.journal import Journal
from modelcheck.guard.lessons import Lessons
from modelcheck.guard.limits import Limits
from modelcheck.guard.metrics import Metrics
from modelcheck.guard.serve import serve
from modelcheck.guard.setup import Address, Knowledge, Setup
from modelcheck.probes.ollama.answers import entries_of, switch_of

BEGUN_S = 10.0
QUICK = Limits(head_s=2, body_s=2, idle_s=5, connect_s=2, read_s=2, drain_s=2, silence_s=10, stuck_s=5)
"""Limits for tests, which wait for no one for long."""


@dataclass
class Guarded:
    """A running guard."""

    port: int
    setup: Setup
    journal: Journal
    metrics: Metrics
    lessons: Lessons
    exemptions: list[Exemption]
    stop: Callable[[], None]
    """Asks it to end, as SIGTERM does; it then drains."""
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def guarded(
    upstream: str,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    exemptions: tuple[Exemption, ...] = (),
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
    journal: Journal | None = None,
    **changes: Any,
) -> Generator[Guarded]:
    """Run a guard in front of an upstream, with changes to its `Setup`."""
    parts = urlsplit(upstream)
    setup = Setup(
        listen=Address("127.0.0.1", 0), upstream=Address(parts.hostname or "", parts.port or 80), limits=QUICK
    )
    setup = msgspec.structs.replace(setup, **changes)
    open_ = list(exemptions)
    knowledge = Knowledge(entries_of, switch_of, table(Families), lambda: tuple(open_), now)
    thread = _Thread(setup, knowledge, journal or Journal(None, now=now), open_, loop_factory)
    thread.start()
    thread.begun.wait(BEGUN_S)
    if thread.failure is not None:
        raise thread.failure
    assert thread.guarded is not None
    try:
        yield thread.guarded
    finally:
        if thread.is_alive():
            thread.guarded.stop()
        thread.join(BEGUN_S)
        assert not thread.is_alive()
        if thread.failure is not None:
            raise thread.failure


class _Thread(threading.Thread):
    """The thread of one guard."""

    def __init__(
        self,
        setup: Setup,
        knowledge: Knowledge,
        journal: Journal,
        exemptions: list[Exemption],
        loop_factory: Callable[[], asyncio.AbstractEventLoop] | None,
    ) -> None:
        super().__init__()
        self._setup, self._knowledge, self._journal, self._exemptions = setup, knowledge, journal, exemptions
        self._loop_factory = loop_factory
        self.begun = threading.Event()
        self.failure: BaseException | None = None
        self.guarded: Guarded | None = None

    def run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=self._loop_factory) as runner:
                runner.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - shown to the test, which waits for it
            self.failure = error
        finally:
            self.begun.set()
            if self.guarded is not None:
                self.guarded.ended.set()

    async def _serve(self) -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        metrics, lessons = Metrics(), Lessons()

        def ask() -> None:
            loop.call_soon_threadsafe(stop.set)

        def ready(listening: Address) -> None:
            self.guarded = Guarded(listening.port, self._setup, self._journal, metrics, lessons, self._exemptions, ask)
            self.begun.set()

        await serve(
            self._setup,
            self._knowledge,
            journal=self._journal,
            metrics=metrics,
            lessons=lessons,
            ready=ready,
            stop=stop,
        )
