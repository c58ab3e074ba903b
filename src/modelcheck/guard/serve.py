"""Serving: one guard from its first look at the upstream until it has been asked to end and has drained."""

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from types import FrameType
from typing import Any

import msgspec

from modelcheck.core.handshake import PATH, Handshake
from modelcheck.guard.caller import is_loopback
from modelcheck.guard.collected import Collected
from modelcheck.guard.connection import Connection
from modelcheck.guard.descriptors import allow_many
from modelcheck.guard.event import Log
from modelcheck.guard.guard import SWEEP_S, Guard, plain_get
from modelcheck.guard.lessons import Lessons
from modelcheck.guard.listening import BACKLOG, CannotServe, Share, cannot_listen
from modelcheck.guard.metrics import Metrics
from modelcheck.guard.setup import Address, Knowledge, Setup

INTERRUPTED = 130


async def serve(
    setup: Setup,
    knowledge: Knowledge,
    *,
    journal: Log,
    metrics: Metrics,
    lessons: Lessons | None = None,
    ready: Callable[[Address], None] | None,
    stop: asyncio.Event,
    share: Share | None = None,
) -> None:
    """Run one guard until `stop` is set, then let running requests end.

    Args:
        setup: what the operator decides.
        knowledge: what the guard rules by.
        journal: the audit log.
        metrics: the counters.
        lessons: what would have to be let pass, where the operator wants to learn it.
        ready: is told the address, once it listens and is known not to stand in front of itself; None for a process
            of several that leaves both to another one.
        stop: ends it.
        share: what it has of a guard of several processes; None where it listens alone.

    Raises:
        CannotServe: the address cannot be listened on, or the upstream is this very guard.

    """
    if not setup.token and not is_loopback(setup.listen.host):
        raise CannotServe("others than this machine may ask only with a token; name its file with --token-file")
    guard = Guard(setup, knowledge, journal, metrics, lessons, instance=share.instance if share is not None else "")
    guard.loop.set_exception_handler(guard.own_fault)
    servers = await _servers(guard, share)
    metrics.gauge("connections", "Open connections of callers.", lambda: len(guard.connections))
    sweeping = guard.loop.create_task(_sweep(guard))
    try:
        if ready is not None:
            if await _is_itself(guard):
                raise CannotServe("the upstream is this guard itself; name Ollama's own address with --upstream")
            port: int = servers[0].sockets[0].getsockname()[1]
            ready(Address(setup.listen.host, port))
        await stop.wait()
    finally:
        for server in servers:
            server.close()
        await guard.drain()
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping
        journal.flush()


def run(serving: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run a guard on the quickest event loop that there is; SIGTERM and Ctrl-C ask it to end, a second one ends it."""
    running(_until_asked(serving))


def running(one: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end on the quickest event loop that there is; signals are left as they are."""
    allow_many()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(one)


def has_uvloop() -> bool:
    """Whether uvloop is at hand; Windows has none."""
    return _loop_factory() is not None


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _until_asked(serving: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def asked(number: int = 0, frame: FrameType | None = None) -> None:
        del number, frame
        if stop.is_set():
            os._exit(INTERRUPTED)
        loop.call_soon_threadsafe(stop.set)

    for one in (signal.SIGTERM, signal.SIGINT):
        if sys.platform == "win32":
            signal.signal(one, asked)
        else:
            loop.add_signal_handler(one, asked)
    await serving(stop)


async def _servers(guard: Guard, share: Share | None) -> list[asyncio.Server]:
    """Take in callers from now on."""
    if share is not None:
        return [
            await guard.loop.create_server(lambda: Connection(guard), sock=listener, backlog=BACKLOG)
            for listener in share.listeners
        ]
    listen = guard.setup.listen
    try:
        return [
            await guard.loop.create_server(lambda: Connection(guard), listen.host, listen.port, backlog=BACKLOG),
        ]
    except OSError as error:
        raise cannot_listen(listen, error) from None


async def _sweep(guard: Guard) -> None:
    while True:
        guard.sweep()
        await asyncio.sleep(SWEEP_S)


async def _is_itself(guard: Guard) -> bool:
    """Ask the upstream who it is: a guard that stands in front of itself would wait for itself."""
    answered: asyncio.Future[tuple[int, bytes] | None] = guard.loop.create_future()

    def take(answer: tuple[int, bytes] | None) -> None:
        if not answered.done():
            answered.set_result(answer)

    request = plain_get(guard.authority, f"{PATH}?n={secrets.token_hex(16)}".encode("ascii"))
    exchange = guard.pool.send(request, Collected(guard.limits.head, take), is_ruled=False)
    try:
        async with asyncio.timeout(guard.limits.read_s):
            answer = await answered
        found = msgspec.json.decode(answer[1] if answer is not None else b"", type=Handshake)
    except (TimeoutError, msgspec.DecodeError):
        exchange.leave()
        return False
    return found.instance == guard.instance
