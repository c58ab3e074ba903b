"""Workers: what a worker does, how the first process follows it, and what becomes of one that dies.

What runs in a forked process is run here in this one; `tests/cli/test_guard_workers.py` forks.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from chat_plan import Plan, chat, get, post
from guarded import QUICK
from paced_upstream import PacedUpstream
from stream_client import answer

from modelcheck.app.tables import table
from modelcheck.core.tables import Families
from modelcheck.guard import workers as module
from modelcheck.guard.limits import Limits
from modelcheck.guard.link import END, Message, Noted, heard
from modelcheck.guard.listening import CannotServe, Share, can_share, shares
from modelcheck.guard.setup import Address, Knowledge, Setup
from modelcheck.guard.workers import Following, Worker, followed, forked, gone, part, worked
from modelcheck.probes.ollama.answers import entries_of, switch_of

pytestmark = pytest.mark.skipif(not can_share(), reason="several processes share one address on Linux alone")

LIMIT_S = 10.0
KNOWLEDGE = Knowledge(entries_of, switch_of, table(Families), tuple, lambda: datetime.now(UTC))
HERE = Address("127.0.0.1", 0)


class Left(BaseException):
    """Stands for the end of a process."""


@dataclass
class Process:
    """This process, as if it were the one that a fork makes."""

    codes: list[int] = field(default_factory=list)
    ignored: list[int] = field(default_factory=list)
    masks: list[tuple[int, set[int]]] = field(default_factory=list)


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Process:
    found = Process()

    def leave(code: int) -> None:
        found.codes.append(code)
        raise Left

    def heed(number: int, how: object) -> None:
        found.ignored += [number] if how == signal.SIG_IGN else []

    def mask(how: int, signals: set[int]) -> set[int]:
        found.masks.append((how, signals))
        return set()

    monkeypatch.setattr(os, "_exit", leave)
    monkeypatch.setattr(signal, "signal", heed)
    monkeypatch.setattr(signal, "pthread_sigmask", mask)
    return found


async def nothing(share: Share, link: socket.socket) -> None:
    del share
    link.close()


async def fails(share: Share, link: socket.socket) -> None:
    await nothing(share, link)
    raise ValueError


@pytest.mark.parametrize(("work", "code"), [(nothing, 0), (fails, 7)])
def test_a_worker_lets_go_of_what_is_the_others_and_ends_where_its_work_ends(
    process: Process,
    monkeypatch: pytest.MonkeyPatch,
    work: Callable[[Share, socket.socket], Coroutine[Any, Any, None]],
    code: int,
) -> None:
    pids = iter([4711, 0])
    monkeypatch.setattr(os, "fork", lambda: next(pids))
    found, errors = shares(HERE, 3), list[BaseException]()

    def failed(error: BaseException) -> int:
        errors.append(error)
        return 7

    with pytest.raises(Left):
        forked(found, work, failed)

    assert process.codes == [code]
    assert process.ignored == [signal.SIGINT, signal.SIGTERM]
    assert [one.listeners[0].fileno() >= 0 for one in found] == [False, False, True]
    assert [type(error) for error in errors] == ([ValueError] if code else [])
    found[2].close()


def test_the_first_process_keeps_its_own_share_and_the_signals(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids = iter([4711, 4712])
    monkeypatch.setattr(os, "fork", lambda: next(pids))
    found = shares(HERE, 3)

    workers = forked(found, nothing, lambda _: 5)

    assert [(one.number, one.pid) for one in workers] == [(1, 4711), (2, 4712)]
    assert [one.listeners[0].fileno() >= 0 for one in found] == [True, False, False]
    assert process.masks == [(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM}), (signal.SIG_SETMASK, set())]
    found[0].close()
    for worker in workers:
        worker.link.close()


def test_where_no_process_is_to_be_had_those_that_began_are_left(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs: list[tuple[socket.socket, socket.socket]] = []
    real, pids = socket.socketpair, iter([4711])

    def pair() -> tuple[socket.socket, socket.socket]:
        pairs.append(real())
        return pairs[-1]

    def fork() -> int:
        for pid in pids:
            return pid
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(socket, "socketpair", pair)
    monkeypatch.setattr(os, "fork", fork)
    found = shares(HERE, 3)

    with pytest.raises(CannotServe, match=r"^the system starts no more processes: Resource temporarily unavailable; "):
        forked(found, nothing, lambda _: 5)

    assert [one.fileno() for pair in pairs for one in pair] == [-1] * 4
    assert [one.listeners[0].fileno() for one in found] == [-1] * 3
    assert process.masks[-1] == (signal.SIG_SETMASK, set())


def test_where_nothing_forks_there_are_no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")

    assert forked((), nothing, lambda _: 5) == ()


def test_a_worker_whose_first_process_is_gone_ends_at_once(process: Process) -> None:
    with pytest.raises(Left):
        gone()

    assert process.codes == [5]


def test_what_all_may_take_together_is_divided_and_what_one_may_take_is_not() -> None:
    whole = Setup(HERE, HERE, limits=Limits())

    assert part(whole, 1) == whole
    for count in range(2, 9):
        limits = part(whole, count).limits
        assert limits.body == whole.limits.body <= limits.bodies
        assert count * limits.bodies <= whole.limits.bodies
        assert whole.limits.connections <= count * limits.connections < whole.limits.connections + count
        assert whole.limits.waiting <= count * limits.waiting < whole.limits.waiting + count


def test_a_worker_serves_tells_what_it_refuses_and_drains() -> None:
    plan = Plan(lines=20, pause=0.01)

    async def work(upstream: PacedUpstream) -> tuple[list[Message], bool]:
        (share,) = shares(HERE, 1)
        port = share.listeners[0].getsockname()[1]
        first, theirs = socket.socketpair()
        setup = Setup(HERE, Address("127.0.0.1", upstream.port), limits=QUICK)
        working = asyncio.create_task(worked(setup, KNOWLEDGE, share, theirs, lambda: None))
        reader, writer = await asyncio.open_unix_connection(sock=first)
        told: list[Message] = []
        hearing = asyncio.create_task(heard(reader, told.append))
        proof = await answer(port, get(f"/.well-known/modelcheck-guard?n={'a' * 16}", port))
        assert share.instance.encode() in proof.body
        assert (await answer(port, post("/api/pull", b'{"model":"absent"}', port))).status == 403
        streaming = asyncio.create_task(answer(port, post("/api/chat", chat(plan), port)))
        await asyncio.to_thread(upstream.until, lambda: upstream.chats)
        writer.write(END)
        reply = await streaming
        await asyncio.gather(working, hearing)
        writer.close()
        return told, reply.is_complete and reply.body == plan.whole

    with PacedUpstream() as upstream:
        told, is_whole = asyncio.run(work(upstream))

    assert is_whole
    assert [one.event.name for one in told if isinstance(one, Noted)] == ["absent"]


def started(code: str) -> Worker:
    """Start a process in the place of a worker; it runs a piece of Python with its side of the link as `link`."""
    ours, theirs = socket.socketpair()
    theirs.set_inheritable(True)
    statement = f"import os, signal, socket; link = socket.socket(fileno={theirs.fileno()}); {code}"
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", statement], os.environ)
    theirs.close()
    return Worker(1, pid, ours)


def follow(code: str, *, stops: bool, drain_s: float = LIMIT_S) -> tuple[list[int], list[tuple[Message, int]]]:
    """Follow such a process; how it was lost, if it was, and what it told."""

    async def following() -> tuple[list[int], list[tuple[Message, int]]]:
        lost: list[int] = []
        told: list[tuple[Message, int]] = []
        stop = asyncio.Event()
        mine = Following(lambda message, number: told.append((message, number)), lost.append, stop, drain_s)
        async with asyncio.timeout(6 * LIMIT_S), followed([started(code)], mine):
            if stops:
                stop.set()
            await stop.wait()
        return lost, told

    return asyncio.run(following())


def test_a_worker_that_ends_when_it_is_asked_to_is_not_lost() -> None:
    lost, told = follow('link.recv(1); link.sendall(b\'{"type":"missed","events":3}\\n\')', stops=True)

    assert lost == []
    assert [(getattr(message, "events", 0), number) for message, number in told] == [(3, 1)]


@pytest.mark.parametrize(
    ("code", "how"),
    [("os._exit(5)", 5), ("os.kill(os.getpid(), signal.SIGSEGV)", -11), ("os._exit(0)", 0)],
    ids=["by a fault", "by a signal", "without one"],
)
def test_a_worker_that_ends_by_itself_is_lost_and_ends_all(code: str, how: int) -> None:
    assert follow(code, stops=False)[0] == [how]


def test_a_worker_that_fails_while_it_ends_is_lost() -> None:
    assert follow("link.recv(1); os._exit(9)", stops=True)[0] == [9]


def test_a_worker_that_lets_go_of_its_link_is_killed() -> None:
    assert follow("link.close(); signal.pause()", stops=False)[0] == [-9]


def test_a_worker_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SPARE_S", 0.05)

    assert follow("signal.pause()", stops=True, drain_s=0.05)[0] == [-9]
