"""Workers: more processes of one guard, at one address; the first process tells of all, and ends with any of them.

A worker is forked before there is a thread or an event loop, which no fork may copy. So none can be replaced later:
when one dies, running requests may end, and then the guard ends, as it would if it were the only process. Whatever
started it starts it again, whole. To go on with fewer would be to go on after a fault that nobody has understood.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import msgspec

from modelcheck.guard.link import END, LONGEST, Link, Message, heard
from modelcheck.guard.listening import CannotServe, Share
from modelcheck.guard.metrics import Metrics
from modelcheck.guard.serve import running, serve
from modelcheck.guard.setup import Knowledge, Setup

FAILED = 5
"""The exit code of a worker that was left alone."""
_KILL: int = getattr(signal, "SIGKILL", signal.SIGTERM)
SPARE_S = 5.0
"""For which a worker may take longer to end than its requests may."""

Work = Callable[[Share, socket.socket], Coroutine[Any, Any, None]]
Failure = Callable[[BaseException], int]


@dataclass(frozen=True)
class Worker:
    """A worker as the first process knows it."""

    number: int
    pid: int
    link: socket.socket


@dataclass(frozen=True)
class Following:
    """How the first process follows its workers."""

    enter: Callable[[Message, int], None]
    """Takes what a worker tells, with its number."""
    lost: Callable[[int], None]
    """Is told how a worker ended that was not to end, or not like that: its exit code, or a signal as its negative."""
    stop: asyncio.Event
    """Ends all; set where a worker is lost."""
    drain_s: float


def part(setup: Setup, count: int) -> Setup:
    """Return the setup of one of so many processes: what all requests together may take is divided among them."""
    whole = setup.limits
    limits = msgspec.structs.replace(
        whole,
        bodies=max(whole.bodies // count, whole.body),
        connections=-(-whole.connections // count),
        waiting=-(-whole.waiting // count),
        idle_upstream=-(-whole.idle_upstream // count),
    )
    return msgspec.structs.replace(setup, limits=limits)


def forked(shares: Sequence[Share], work: Work, failed: Failure) -> tuple[Worker, ...]:
    """Start a worker for each share but the first, which stays here. No thread and no event loop may be there yet.

    Args:
        shares: what each process has of the guard.
        work: what a worker does, with its share and its side of the link; this function does not return there.
        failed: is told what a worker raised, and returns its exit code.

    Raises:
        CannotServe: the system starts no more processes.

    """
    workers: list[Worker] = []
    links: list[socket.socket] = []
    if sys.platform == "win32":
        return ()
    # Ctrl-C at a terminal reaches all of them: each worker must heed none before it has been born whole.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        for number, share in enumerate(shares[1:], 1):
            ours, theirs = socket.socketpair()
            links.append(ours)
            with theirs:
                pid = os.fork()
                if pid == 0:
                    _be_worker(share, theirs, [*shares, *links], work, failed)
            workers.append(Worker(number, pid, ours))
    except OSError as error:
        for link in links:
            link.close()
        for share in shares:
            share.close()
        raise CannotServe(
            "the system starts no more processes: {reason}; fewer are asked for by --workers",
            reason=error.strerror or type(error).__name__,
        ) from None
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    for share in shares[1:]:
        share.close()
    return tuple(workers)


def _be_worker(
    share: Share, link: socket.socket, held: Sequence[Share | socket.socket], work: Work, failed: Failure
) -> NoReturn:
    """Work until the end of this process; `held` is what other processes answer for."""
    code = FAILED
    try:
        for other in held:
            if other is not share:
                other.close()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        running(work(share, link))
        code = 0
    except BaseException as error:  # noqa: BLE001 - whatever it is, this process goes no further than here
        code = failed(error)
    finally:
        os._exit(code)


async def worked(
    setup: Setup, knowledge: Knowledge, share: Share, link: socket.socket, gone: Callable[[], None]
) -> None:
    """Serve as a worker until the first process asks for the end.

    Args:
        setup: the worker's part of the operator's choices.
        knowledge: what the guard rules by.
        share: what the worker has of the guard.
        link: its side of the link to the first process.
        gone: is called where that has vanished, so that nobody takes down what is refused.

    """
    stop, metrics = asyncio.Event(), Metrics()
    told = Link(metrics, stop.set, gone)
    await asyncio.get_running_loop().create_unix_connection(lambda: told, sock=link)
    try:
        await serve(setup, knowledge, journal=told, metrics=metrics, ready=None, stop=stop, share=share)
    finally:
        await told.close()


def gone() -> NoReturn:
    """End this worker at once: the first process has vanished, and nobody takes down what is refused."""
    os._exit(FAILED)


@asynccontextmanager
async def followed(workers: Sequence[Worker], following: Following) -> AsyncGenerator[None]:
    """Hear workers while a block runs, and until they have ended: everything that they had to tell has then come."""
    tasks = [asyncio.create_task(_follow(worker, following)) for worker in workers]
    try:
        yield
    finally:
        following.stop.set()
        await asyncio.gather(*tasks)


async def _follow(worker: Worker, following: Following) -> None:
    reader, writer = await asyncio.open_unix_connection(sock=worker.link, limit=LONGEST)
    ending = asyncio.create_task(_end(worker, writer, following))
    await heard(reader, lambda message: following.enter(message, worker.number))
    if not following.stop.is_set():
        _kill(worker.pid)  # it cannot be told anything any more
    code = await _exit_code(worker.pid)
    ending.cancel()
    writer.close()
    if code or not following.stop.is_set():
        following.lost(code)
        following.stop.set()


async def _end(worker: Worker, writer: asyncio.StreamWriter, following: Following) -> None:
    """Ask a worker to end once all shall, and kill it where it does not."""
    await following.stop.wait()
    writer.write(END)
    await asyncio.sleep(following.drain_s + SPARE_S)
    _kill(worker.pid)


def _kill(pid: int) -> None:
    os.kill(pid, _KILL)


async def _exit_code(pid: int) -> int:
    """Wait for the end of a process that is about to end."""
    _, status = await asyncio.to_thread(os.waitpid, pid, 0)
    return os.waitstatus_to_exitcode(status)
