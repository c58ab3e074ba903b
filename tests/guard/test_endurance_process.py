"""The guard as a process: signals, a full disk, memory, and too few files."""

import asyncio
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from chat_plan import Plan, chat, get, post
from guard_process import GuardProcess, guard_process
from paced_upstream import PacedUpstream
from process_cost import resident
from stream_client import Reply, answer, connected, resource

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals, limits and memory as Linux has them")

LIMIT_S = 60.0
LARGE = Plan(lines=2000, size=50_000)
MOST_GROWTH = 40_000_000
"""Bytes for 50 callers that do not read 100 MB each: what uvloop reads at once, 256 KiB, and what waits for each."""


@pytest.fixture
def upstream() -> Iterator[PacedUpstream]:
    with PacedUpstream() as running:
        yield running


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


@pytest.fixture
def guard(upstream: PacedUpstream, tmp_path: Path, log: Path) -> Iterator[GuardProcess]:
    options = ["--audit-log", str(log), "--metrics", "127.0.0.1:0"]
    with guard_process(upstream.url, *options, home=tmp_path / "home") as running:
        yield running
        assert not [line for line in running.said if "Traceback" in line or "Error" in line]


def stream(plan: Plan, port: int) -> bytes:
    return post("/api/chat", chat(plan), port)


def pull(name: str, port: int) -> bytes:
    return post("/api/pull", json.dumps({"model": name}).encode(), port)


def until(holds: Callable[[], bool]) -> None:
    """Look again and again until something holds."""
    end = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_lets_what_runs_come_to_its_end(guard: GuardProcess, number: signal.Signals, code: int) -> None:
    plan = Plan(lines=40, pause=0.02)

    async def drained() -> Reply:
        async with connected(guard.port) as caller:
            caller.send(stream(plan, guard.port))
            reply = await caller.reply(lambda reply: b"\n" in reply.body)
            guard.running.send_signal(number)
            with pytest.raises(ConnectionError):  # noqa: PT012 - again and again until the port is closed
                while not reply.is_complete:
                    await answer(guard.port, get("/api/version", guard.port))
            return await caller.rest(reply)

    reply = asyncio.run(drained())

    assert (reply.is_complete, reply.body) == (True, plan.whole)
    assert guard.running.wait(LIMIT_S) == code


def test_a_second_signal_ends_at_once(guard: GuardProcess, upstream: PacedUpstream) -> None:
    async def impatient() -> None:
        async with connected(guard.port) as caller:
            caller.send(stream(Plan(silent=True), guard.port))
            await asyncio.to_thread(upstream.until, lambda: upstream.chats)
            guard.running.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionError):  # noqa: PT012 - again and again until the port is closed
                while True:
                    await answer(guard.port, get("/api/version", guard.port))
            guard.running.send_signal(signal.SIGTERM)
            assert not (await caller.reply()).is_complete

    asyncio.run(impatient())

    assert guard.running.wait(LIMIT_S) == 130


def test_on_a_full_disk_every_pull_is_refused_and_none_is_forgotten(
    guard: GuardProcess, upstream: PacedUpstream, log: Path
) -> None:
    assert resource is not None
    resource.prlimit(guard.pid, resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
    count = 300

    async def refused() -> list[Reply]:
        return await asyncio.gather(*(answer(guard.port, pull(f"absent-{one}", guard.port)) for one in range(count)))

    replies = asyncio.run(refused())

    assert {(reply.status, reply.headers["x-modelcheck-reason"]) for reply in replies} == {(403, "not-here")}
    assert not [one for one in upstream.seen if one.path == "/api/pull"]
    assert log.stat().st_size <= 1000
    until(lambda: refusals(metrics(guard)) == count)  # the workers tell the first process now and then
    resource.prlimit(guard.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    until(lambda: events(log) == count)
    assert sorted(entry["name"] for entry in entries(log)) == sorted(f"absent-{one}" for one in range(count))


def test_callers_that_do_not_read_take_no_memory(guard: GuardProcess, upstream: PacedUpstream) -> None:
    async def stalled() -> int:
        async with AsyncExitStack() as stack:
            await answer(guard.port, stream(Plan(), guard.port))
            before = resident(guard.pid)
            for _ in range(50):
                caller = await stack.enter_async_context(connected(guard.port, receive=16_384))
                caller.send(stream(LARGE, guard.port))
            await asyncio.to_thread(upstream.until, lambda: len(upstream.throttled) == 50)
            return resident(guard.pid) - before

    assert asyncio.run(stalled()) < MOST_GROWTH


def test_with_too_few_files_it_is_there_again_once_callers_have_left(upstream: PacedUpstream, tmp_path: Path) -> None:
    few = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))"

    async def crowded(port: int) -> None:
        async with AsyncExitStack() as stack:
            for _ in range(200):
                caller = await stack.enter_async_context(connected(port))
                caller.send(b"GET /api/ver")
        reply = Reply()
        for _ in range(100):
            reply = await answer(port, stream(Plan(seed=5), port))
            if reply.status == 200:
                break
        assert reply.body == Plan(seed=5).whole

    with guard_process(upstream.url, home=tmp_path / "home", before=few) as guard:
        asyncio.run(crowded(guard.port))
        assert not [line for line in guard.said if "Traceback" in line]


def metrics(guard: GuardProcess) -> str:
    address = next(line.rpartition("http://127.0.0.1:")[2] for line in guard.said if "/metrics" in line)
    port = int(address.partition("/")[0])
    return asyncio.run(answer(port, get("/metrics", port))).body.decode()


def refusals(told: str) -> int:
    lines = [line for line in told.splitlines() if "refus" in line and not line.startswith("#")]
    return sum(int(float(line.split()[-1])) for line in lines if "reason=" in line)


def entries(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def events(log: Path) -> int:
    """How many events the log accounts for."""
    return sum(entry.get("repeated", 0) or entry.get("lost", 0) or 1 for entry in entries(log))
