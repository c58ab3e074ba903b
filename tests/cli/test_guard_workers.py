"""`modelcheck guard serve --workers N` as people run it: several processes that are one guard."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_plan import Plan, chat, get, post
from ended import Command
from guard_process import GuardProcess, guard_process
from paced_upstream import PacedUpstream
from process_cost import children
from stream_client import Reply, answer, connected, room

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="several processes share one address on Linux alone")

LIMIT_S = 60.0
STREAMS = 500
NONCE = "a" * 16


@pytest.fixture
def upstream() -> Iterator[PacedUpstream]:
    with PacedUpstream() as running:
        yield running


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


@pytest.fixture
def guard(upstream: PacedUpstream, tmp_path: Path, log: Path) -> Iterator[GuardProcess]:
    options = ["--audit-log", str(log), "--metrics", "127.0.0.1:0", "--workers", "3"]
    with guard_process(upstream.url, *options, home=tmp_path / "home") as running:
        yield running
        assert not [line for line in running.said if "Traceback" in line or "fault" in line]


def until(holds: Callable[[], bool]) -> None:
    """Look again and again until something holds."""
    end = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def stream(plan: Plan, port: int) -> bytes:
    return post("/api/chat", chat(plan), port)


def pull(name: str, port: int) -> bytes:
    return post("/api/pull", json.dumps({"model": name}).encode(), port)


def together(port: int, *requests: bytes) -> list[Reply]:
    """Send requests at once, each over a connection of its own."""

    async def all_at_once() -> list[Reply]:
        return await asyncio.gather(*(answer(port, request) for request in requests))

    return asyncio.run(all_at_once())


def entries(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def metrics(guard: GuardProcess) -> dict[str, float]:
    address = next(line.rpartition("http://127.0.0.1:")[2] for line in guard.said if "/metrics" in line)
    port = int(address.partition("/")[0])
    told = asyncio.run(answer(port, get("/metrics", port))).body.decode()
    return {
        name: float(value)
        for name, _, value in (line.rpartition(" ") for line in told.splitlines())
        if not name.startswith("#")
    }


def is_alive(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_all_are_one_guard_to_whoever_asks(guard: GuardProcess) -> None:
    asked = get(f"/.well-known/modelcheck-guard?n={NONCE}", guard.port)
    replies = together(guard.port, *[asked] * 60)

    assert len(children(guard.pid)) == 2
    assert len({json.loads(reply.body)["instance"] for reply in replies}) == 1


def test_whichever_refuses_it_is_in_the_one_log_and_in_the_sum(guard: GuardProcess, log: Path) -> None:
    names = [f"absent-{number}" for number in range(200)]
    replies = together(guard.port, *(pull(name, guard.port) for name in names))

    assert {reply.status for reply in replies} == {403}
    until(lambda: metrics(guard).get('modelcheck_guard_refusals_total{reason="not-here"}') == len(names))
    assert sorted(entry["name"] for entry in entries(log)) == sorted(names)


def test_every_one_of_many_streams_at_once_is_what_the_upstream_sent(guard: GuardProcess) -> None:
    plans = [Plan(lines=number % 20, seed=number, pause=0.001) for number in range(room(4 * STREAMS) // 4)]
    replies = together(guard.port, *(stream(plan, guard.port) for plan in plans))

    assert [plan.seed for plan, reply in zip(plans, replies, strict=True) if reply.body != plan.whole] == []


@pytest.mark.parametrize(
    ("number", "code", "is_everywhere"),
    [(signal.SIGTERM, 0, False), (signal.SIGTERM, 0, True), (signal.SIGINT, 130, True)],
    ids=["SIGTERM to the first", "SIGTERM to all", "Ctrl-C at a terminal"],
)
def test_all_let_what_runs_come_to_its_end(
    guard: GuardProcess, upstream: PacedUpstream, log: Path, number: signal.Signals, code: int, is_everywhere: bool
) -> None:
    plans = [Plan(lines=40, pause=0.02, seed=seed) for seed in range(30)]
    workers = children(guard.pid)

    async def drained() -> list[Reply]:
        tasks = [asyncio.create_task(answer(guard.port, stream(plan, guard.port))) for plan in plans]
        await asyncio.to_thread(upstream.until, lambda: len(upstream.chats) == len(plans))
        late = [asyncio.create_task(answer(guard.port, pull(f"late-{one}", guard.port))) for one in range(30)]
        await asyncio.gather(*late)
        for pid in [*workers, guard.pid] if is_everywhere else [guard.pid]:
            os.kill(pid, number)
        return await asyncio.gather(*tasks)

    replies = asyncio.run(drained())

    assert [reply.body for reply in replies] == [plan.whole for plan in plans]
    assert guard.running.wait(LIMIT_S) == code
    assert sorted(entry["name"] for entry in entries(log)) == sorted(f"late-{one}" for one in range(30))
    assert not any(map(is_alive, workers))


def test_a_second_signal_ends_all_at_once(guard: GuardProcess, upstream: PacedUpstream) -> None:
    workers = children(guard.pid)

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
    until(lambda: not any(map(is_alive, workers)))


def test_workers_do_not_outlive_the_first_process(guard: GuardProcess) -> None:
    workers = children(guard.pid)
    guard.running.kill()
    guard.running.wait()

    until(lambda: not any(map(is_alive, workers)))


def test_with_a_worker_that_dies_the_guard_ends_once_the_others_are_done(
    guard: GuardProcess, upstream: PacedUpstream
) -> None:
    first, second = children(guard.pid)
    plans = [Plan(lines=40, pause=0.02, seed=seed) for seed in range(30)]

    async def bereft() -> list[Reply]:
        tasks = [asyncio.create_task(answer(guard.port, stream(plan, guard.port))) for plan in plans]
        await asyncio.to_thread(upstream.until, lambda: len(upstream.chats) == len(plans))
        os.kill(first, signal.SIGKILL)
        return await asyncio.gather(*tasks)

    replies = asyncio.run(bereft())
    whole = [reply for plan, reply in zip(plans, replies, strict=True) if reply.body == plan.whole]

    assert guard.running.wait(LIMIT_S) == 5
    assert len(whole) > 0
    assert not any(reply.is_complete for reply in replies if reply not in whole)
    assert not is_alive(second)
    until(lambda: len(guard.said) > 0 and "start it again" in guard.said[-1])
    assert (
        "modelcheck: a worker has ended by itself (signal 9); running requests may end, and then the guard ends"
        in guard.said
    )


def test_a_second_guard_at_the_same_address_does_not_take_a_part_of_its_callers(
    guard: GuardProcess, upstream: PacedUpstream, command: Command
) -> None:
    ended = command(
        *("guard", "serve", "--listen", f"127.0.0.1:{guard.port}", "--upstream", upstream.url),
        *("--no-audit-log", "--workers", "2"),
    )

    assert ended.code == 2
    assert f"127.0.0.1:{guard.port} cannot be listened on: Address already in use" in ended.err


def test_alone_it_has_no_workers(upstream: PacedUpstream, tmp_path: Path) -> None:
    with guard_process(upstream.url, "--workers", "1", home=tmp_path / "home") as guard:
        assert children(guard.pid) == []


@pytest.mark.parametrize("count", ["0", "9", "-1"])
def test_so_many_processes_there_cannot_be(command: Command, count: str) -> None:
    ended = command("guard", "serve", "--workers", count)

    assert (ended.code, ended.err) == (2, f"modelcheck: --workers takes 1 to 8, not {count}\n")


def test_help_says_how_many_there_are(command: Command) -> None:
    shown = " ".join(command("guard", "serve", "--help").out.replace("│", " ").split())

    assert "Processes that share the work: on Linux one for each core up to 4, else 1." in shown
