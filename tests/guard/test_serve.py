"""Serving: where a guard listens, that it never stands before itself, and how it ends."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from attack import Line
from front import Front
from golike import CODER, Golike
from guarded import guarded
from raw_server import RawServer, response

from modelcheck.core.handshake import PATH
from modelcheck.guard import descriptors
from modelcheck.guard import serve as module
from modelcheck.guard.limits import Limits
from modelcheck.guard.listening import CannotServe
from modelcheck.guard.serve import has_uvloop, run
from modelcheck.guard.setup import Address

if TYPE_CHECKING:
    from collections.abc import Callable

CHAT = f'{{"model":"{CODER}","messages":[],"stream":false}}'.encode()
RAW = b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(CHAT) + CHAT


def test_a_guard_serves_from_the_moment_it_is_ready_until_it_is_asked_to_end() -> None:
    with Golike() as upstream, guarded(upstream.url) as guard:
        assert guard.port
        with Line(guard.port) as line:
            line.send(RAW)
            said = line.answer()
            assert said is not None
            assert said.status == 200
        assert [one.path for one in upstream.requests if one.path == b"/api/chat"] == [b"/api/chat"]
        guard.stop()
        assert guard.ended.wait(10)
        with pytest.raises(ConnectionError):
            socket.create_connection(("127.0.0.1", guard.port), timeout=5)


def test_a_guard_without_an_upstream_is_ready_and_refuses() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    with guarded(f"http://127.0.0.1:{port}") as guard, Line(guard.port) as line:
        line.send(RAW)
        said = line.answer()
        assert said is not None
        assert (said.status, said.reason) == (403, "not-checked")


def test_an_address_that_is_taken_is_told() -> None:
    with Golike() as upstream, guarded(upstream.url) as first:
        taken = Address("127.0.0.1", first.port)
        with pytest.raises(CannotServe, match="cannot be listened on") as caught, guarded(upstream.url, listen=taken):
            raise AssertionError
        assert taken.authority in str(caught.value)


def test_others_than_this_machine_need_a_token() -> None:
    with Golike() as upstream:
        with pytest.raises(CannotServe, match="--token-file"), guarded(upstream.url, listen=Address("0.0.0.0", 0)):
            raise AssertionError
        with guarded(upstream.url, listen=Address("0.0.0.0", 0), token=b"a-long-token-for-tests") as guard:
            assert guard.port


def test_a_guard_never_stands_before_itself() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    before_itself = Address("127.0.0.1", port)
    with (
        pytest.raises(CannotServe, match="this guard itself"),
        guarded(f"http://127.0.0.1:{port}", listen=before_itself),
    ):
        raise AssertionError


def test_a_guard_may_stand_before_another_guard() -> None:
    with Golike() as upstream, guarded(upstream.url) as first, guarded(first.url) as second:
        assert second.port != first.port


@pytest.mark.parametrize("body", [b"", b"{}", b"not json", b'{"guard":"modelcheck"}'])
def test_an_upstream_that_is_no_guard_is_none_whatever_it_answers(body: bytes) -> None:
    def serve(connection: socket.socket, _: object) -> None:
        connection.sendall(response(body))

    with RawServer(serve) as upstream, guarded(upstream.url) as guard:
        assert guard.port
        assert any(PATH in one for one in upstream.asked)


def test_an_upstream_that_does_not_say_who_it_is_is_waited_for_only_so_long() -> None:
    def serve(connection: socket.socket, over: Any) -> None:
        over.wait()
        del connection

    with RawServer(serve) as upstream, guarded(upstream.url, limits=Limits(read_s=0.05, drain_s=1)) as guard:
        assert guard.port


def test_an_answer_that_comes_after_the_guard_was_stopped_changes_nothing() -> None:
    front = Front()

    async def asked() -> None:
        front.guard.loop = asyncio.get_running_loop()
        asking = asyncio.create_task(module._is_itself(front.guard))
        await asyncio.sleep(0)
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking
        front.upstream.answer(0, 200, b"{}")

    asyncio.run(asked())


def test_a_running_answer_ends_before_its_guard_does() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection: socket.socket, _: object) -> None:
        begun.set()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
        assert go_on.wait(10)
        connection.sendall(b"cd")

    with Golike() as upstream:
        upstream.says[b"/api/chat"] = slow
        with guarded(upstream.url, limits=Limits(drain_s=10)) as guard, Line(guard.port) as line:
            line.send(RAW)
            assert begun.wait(10)
            guard.stop()
            assert not guard.ended.wait(0.05)
            go_on.set()
            said = line.answer()
            assert said is not None
            assert said.body == b"abcd"
            assert guard.ended.wait(10)


# The loop and its signals.


def test_the_quickest_loop_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    async def serving(stop: asyncio.Event) -> None:
        assert not stop.is_set()
        made.append(type(asyncio.get_running_loop()).__module__)

    run(serving)
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert not has_uvloop()
    run(serving)
    assert made[1].startswith("asyncio")
    monkeypatch.undo()
    assert has_uvloop() is made[0].startswith("uvloop")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that another process could send")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_the_guard_to_end(number: signal.Signals) -> None:
    ended: list[bool] = []

    async def serving(stop: asyncio.Event) -> None:
        os.kill(os.getpid(), number)
        await asyncio.wait_for(stop.wait(), 10)
        ended.append(stop.is_set())

    run(serving)
    assert ended == [True]


@pytest.mark.parametrize("platform", ["win32", "other"])
def test_a_second_signal_ends_it_at_once(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    handlers: dict[int, Callable[..., None]] = {}
    left: list[int] = []

    async def serving(stop: asyncio.Event) -> None:
        handlers[signal.SIGTERM](signal.SIGTERM, None)
        await asyncio.wait_for(stop.wait(), 10)
        assert left == []
        handlers[signal.SIGINT](signal.SIGINT, None)

    async def asked() -> None:
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(loop, "add_signal_handler", handlers.__setitem__)
        await module._until_asked(serving)

    monkeypatch.setattr("modelcheck.guard.serve.sys.platform", platform)
    monkeypatch.setattr("modelcheck.guard.serve.signal.signal", handlers.__setitem__)
    monkeypatch.setattr("modelcheck.guard.serve.os._exit", left.append)
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        loop.run_until_complete(asked())
    assert sorted(handlers) == sorted([signal.SIGTERM, signal.SIGINT])
    assert left == [130]


# Descriptors.


class Resource:
    """Stands in for the system's limit of open files."""

    RLIMIT_NOFILE = 7
    RLIM_INFINITY = -1

    def __init__(self, soft: int, hard: int) -> None:
        self.limits = (soft, hard)
        self.asked: list[tuple[int, int]] = []

    def getrlimit(self, what: int) -> tuple[int, int]:
        assert what == self.RLIMIT_NOFILE
        return self.limits

    def setrlimit(self, what: int, limits: tuple[int, int]) -> None:
        assert what == self.RLIMIT_NOFILE
        self.asked.append(limits)


@pytest.mark.parametrize(
    ("soft", "hard", "asked"),
    [
        (1024, 1 << 20, [(16384, 1 << 20)]),
        (1024, -1, [(16384, -1)]),
        (1024, 4096, [(4096, 4096)]),
        (4096, 4096, []),
        (1 << 20, 1 << 20, []),
        (16384, -1, []),
        (-1, -1, []),
    ],
)
def test_as_many_descriptors_are_asked_for_as_are_wanted_and_may_be_had(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, asked: list[tuple[int, int]]
) -> None:
    resource = Resource(soft, hard)
    monkeypatch.setitem(sys.modules, "resource", resource)
    descriptors.allow_many()
    assert resource.asked == asked


def test_where_there_is_no_such_limit_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)
    descriptors.allow_many()
