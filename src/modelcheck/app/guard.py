"""The guard, composed: the operator's choices, what it rules by, and where it tells what it did."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

from modelcheck.app.auditlog import journal, usual_log
from modelcheck.app.errors import UserError
from modelcheck.app.exemptions import watched_exemptions
from modelcheck.app.guardsetup import Asked, Say, listener, setup_of
from modelcheck.app.guardworkers import Team, WorkerLost, ended, team, workers_of
from modelcheck.app.interruption import leave
from modelcheck.app.places import home as own_home
from modelcheck.app.tables import table
from modelcheck.app.upstream import first_look
from modelcheck.core.sentence import Told
from modelcheck.core.tables import Families
from modelcheck.guard.caller import is_loopback
from modelcheck.guard.journal import STDOUT, Journal
from modelcheck.guard.lessons import Lessons
from modelcheck.guard.metrics import Metrics
from modelcheck.guard.setup import Address, Knowledge, Setup
from modelcheck.probes.ollama.answers import entries_of, switch_of
from modelcheck.profiles.own import own

NEEDED = ("httptools", "multipart")
"""Packages of the extra that the guard cannot do without."""

Ready = Callable[[Address], None]


@dataclass(frozen=True)
class Parts:
    """A guard that is ready to run."""

    setup: Setup
    knowledge: Knowledge
    journal: Journal
    metrics: Metrics
    lessons: Lessons | None
    exposed: Address | None
    """Where the metrics are."""
    log: str
    """Where refusals are logged, fit to be shown; empty where they are not, and on standard output."""
    workers: int = 1
    """Processes that share the work."""


def composed(asked: Asked, say: Say, *, environ: Mapping[str, str] | None = None, home: Path | None = None) -> Parts:
    """Put a guard together; nothing listens yet, and the audit log is open.

    Raises:
        UserError: it cannot be put together like that.

    """
    surroundings, place = dict(os.environ) if environ is None else environ, home or own_home()
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise UserError(
            'the guard needs {packages}: pip install "modelcheck[guard]"',
            packages=", ".join(missing),
        )
    if asked.no_audit_log and asked.audit_log is not None:
        raise UserError("--audit-log and --no-audit-log contradict each other; give one of them")
    if asked.learn and asked.audit_log == STDOUT:
        raise UserError("--learn prints on standard output, and so would --audit-log -; name a file for the log")
    workers = workers_of(asked.workers)
    setup = setup_of(asked, say)
    exposed = None if asked.metrics is None else listener("--metrics", asked.metrics)
    _check_own_settings(surroundings, place)
    path = None if asked.no_audit_log else asked.audit_log or usual_log(setup.listen, surroundings, place)
    kept, log = journal(path, place, now)
    metrics = Metrics()
    metrics.gauge("audit_lost", "Events that have no line in the audit log.", lambda: kept.lost)
    return Parts(
        setup=setup,
        knowledge=_knowledge(surroundings, place),
        journal=kept,
        metrics=metrics,
        lessons=Lessons() if asked.learn else None,
        exposed=exposed,
        log=log,
        workers=workers,
    )


def guarded(
    parts: Parts, ready: Ready, say: Say, failed: Callable[[BaseException], int] = lambda _: WorkerLost.exit_code
) -> bool:
    """Run a guard until it is asked to end; in the end its audit log is written whole, as far as that can be.

    Returns whether it was Ctrl-C that ended it.

    Args:
        parts: the guard.
        ready: is told the address, once it listens.
        say: is told what its operator should know, as it comes to be known.
        failed: is told in a worker what it raised, and returns its exit code.

    Raises:
        UserError: it cannot listen where it shall, it stands in front of itself, or a worker died.

    """
    from modelcheck.guard.link import enter
    from modelcheck.guard.serve import run
    from modelcheck.guard.workers import Following, followed

    interrupted: list[bool] = []
    lost: list[int] = []

    def lose(code: int) -> None:
        lost.append(code)
        say(ended(code))

    async def serving(stop: asyncio.Event) -> None:
        tasks: list[asyncio.Task[None]] = []
        _heed_interruption(stop, interrupted)

        def listens(address: Address) -> None:
            ready(address)
            tasks.append(asyncio.create_task(_tell(parts, say)))

        async with AsyncExitStack() as stack:
            if parts.exposed is not None:
                stack.callback((await _exposed(parts, parts.exposed, say)).close)
            following = Following(
                lambda message, number: enter(message, number, parts.journal, parts.metrics, parts.lessons),
                lose,
                stop,
                parts.setup.limits.drain_s,
            )
            await stack.enter_async_context(followed(processes.workers, following))
            await _serve(parts, processes, listens, stop)
        await asyncio.gather(*tasks)

    try:
        processes = team(parts.setup, parts.knowledge, parts.journal, parts.workers, failed)
        run(serving)
    except Told as told:
        raise UserError.of(told) from None
    finally:
        parts.journal.close()
    if unwritten := parts.journal.lost:
        say(Told("the audit log could not be written for all: {count} refusals have no line in it", count=unwritten))
    if lost:
        raise WorkerLost("the guard has ended, for a worker of it ended by itself; start it again")
    return bool(interrupted)


async def _serve(parts: Parts, processes: Team, ready: Ready, stop: asyncio.Event) -> None:
    """Serve as the first process."""
    from modelcheck.guard.serve import serve

    await serve(
        processes.setup,
        parts.knowledge,
        journal=parts.journal,
        metrics=parts.metrics,
        lessons=parts.lessons,
        ready=ready,
        stop=stop,
        share=processes.share,
    )


def _heed_interruption(stop: asyncio.Event, interrupted: list[bool]) -> None:
    """Note that it is Ctrl-C, and not SIGTERM, that asks the guard to end; one that comes later ends it at once."""
    loop = asyncio.get_running_loop()

    def interrupt() -> None:
        if stop.is_set():
            leave()
        interrupted.append(True)
        stop.set()

    def asked(number: int, frame: FrameType | None) -> None:
        del number, frame
        loop.call_soon_threadsafe(interrupt)

    if sys.platform == "win32":
        signal.signal(signal.SIGINT, asked)
    else:
        loop.add_signal_handler(signal.SIGINT, interrupt)


async def _tell(parts: Parts, say: Say) -> None:
    """Tell of the upstream and of the log, while the guard is at work already."""
    if parts.log:
        say(Told("each refusal is logged in {path}", path=parts.log))
    for told in await asyncio.to_thread(first_look, parts.setup.upstream):
        say(told)


async def _exposed(parts: Parts, address: Address, say: Say) -> asyncio.Server:
    """Answer on the address of the metrics."""
    from modelcheck.guard.exposition import expose

    try:
        server = await expose(parts.metrics, address, hosts=parts.setup.hosts)
    except OSError as error:
        raise UserError(
            "{address} cannot be listened on: {reason}; choose another with --metrics",
            address=address.authority,
            reason=_reason(error),
        ) from None
    if not is_loopback(address.host):
        say(Told("{address} can be reached from other machines, which may read the metrics", address=address.authority))
    real = Address(address.host, server.sockets[0].getsockname()[1])
    say(Told("the metrics are at {url}/metrics", url=real.url))
    return server


def _knowledge(environ: Mapping[str, str], home: Path | None) -> Knowledge:
    return Knowledge(
        entries=entries_of,
        switch=switch_of,
        families=table(Families),
        exemptions=watched_exemptions(environ, home),
        now=now,
    )


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def _check_own_settings(environ: Mapping[str, str], home: Path | None) -> None:
    """A guard lets nothing pass by a file that it cannot use, which its operator learns at once and not weeks later."""
    try:
        own(environ, home, sys.platform, None)
    except Told as told:
        raise UserError.of(told) from None


def _reason(error: OSError) -> str:
    """Return what the system says, without what a library puts around it."""
    code = error.errno or 0
    return os.strerror(code) if code > 0 else error.strerror or type(error).__name__
