"""What the guard stands: many streams, an upstream that dies and returns, callers that leave, stall or ask too much."""

import asyncio
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack

import pytest
from chat_plan import MODEL, Plan, chat, get, post
from guarded import QUICK, Guarded, guarded
from msgspec.structs import replace
from paced_upstream import STUB, PacedUpstream
from stream_client import LIMIT_S, Caller, Reply, answer, connected, room

STREAMS = 500
LEAVES_S = 10.0
"""Much more than the second that is promised, for machines that are busy."""
Leave = Callable[[Caller], None]
LEAVES: dict[str, Leave] = {"closes": Caller.close, "half-closes": Caller.half_close, "vanishes": Caller.vanish}


@pytest.fixture
def upstream() -> Iterator[PacedUpstream]:
    with PacedUpstream() as running:
        yield running


@pytest.fixture
def guard(upstream: PacedUpstream) -> Iterator[Guarded]:
    with guarded(upstream.url) as running:
        yield running


def stream(plan: Plan, port: int) -> bytes:
    return post("/api/chat", chat(plan), port)


def begun(reply: Reply) -> bool:
    return b"\n" in reply.body or reply.is_complete


def plans(count: int, seed: int) -> list[Plan]:
    """Answers of all lengths: many short lines, few long ones, some with pauses."""
    chance = random.Random(seed)  # noqa: S311 - lengths
    return [
        Plan(
            lines=chance.randint(1, 30),
            size=chance.choice([0, 10, 100, 5_000, 70_000]) if chance.random() < 0.5 else 40,
            pause=chance.choice([0, 0, 0.001, 0.01]),
            seed=number,
        )
        for number in range(count)
    ]


def test_every_one_of_many_streams_at_once_is_what_the_upstream_sent(guard: Guarded) -> None:
    count = room(4 * STREAMS) // 4

    async def all_at_once() -> list[Reply]:
        return await asyncio.gather(*(answer(guard.port, stream(plan, guard.port)) for plan in plans(count, 1)))

    replies = asyncio.run(all_at_once())

    assert [reply.status for reply in replies] == [200] * count
    assert all(reply.is_complete for reply in replies)
    assert [number for number, plan in enumerate(plans(count, 1)) if replies[number].body != plan.whole] == []


def test_streams_one_after_the_other_on_kept_connections_are_what_the_upstream_sent(
    guard: Guarded, upstream: PacedUpstream
) -> None:
    async def in_turn(mine: list[Plan]) -> list[int]:
        async with connected(guard.port) as caller:
            wrong: list[int] = []
            for plan in mine:
                caller.send(stream(plan, guard.port))
                reply = await caller.reply()
                wrong += [] if reply.is_complete and reply.body == plan.whole else [plan.seed]
            return wrong

    async def together() -> list[list[int]]:
        many = plans(200, 2)
        return await asyncio.gather(*(in_turn(many[start::10]) for start in range(10)))

    assert asyncio.run(together()) == [[]] * 10
    assert len(upstream.talks) <= 20


@pytest.mark.parametrize("lines", [0, 3], ids=["at once", "after some lines"])
def test_an_answer_that_breaks_off_never_looks_complete(guard: Guarded, lines: int) -> None:
    reply = asyncio.run(answer(guard.port, stream(Plan(lines=lines, cut=True), guard.port)))

    assert not reply.is_complete
    assert reply.body == b"".join(Plan(lines=lines).line(index) for index in range(lines))


def test_streams_break_off_with_an_upstream_that_is_killed_and_it_may_come_back(
    guard: Guarded, upstream: PacedUpstream
) -> None:
    async def killed() -> None:
        async with AsyncExitStack() as stack:
            callers = [await stack.enter_async_context(connected(guard.port)) for _ in range(20)]
            for seed, caller in enumerate(callers):
                caller.send(stream(Plan(lines=1000, pause=0.05, seed=seed, silent=seed >= 15), guard.port))
            replies = await asyncio.gather(*(caller.reply(begun) for caller in callers[:15]))
            await asyncio.to_thread(upstream.until, lambda: len(upstream.chats) == 20)
            await asyncio.to_thread(upstream.kill)
            replies = await asyncio.gather(
                *(caller.rest(reply) for caller, reply in zip(callers, replies, strict=False)),
            )
            silent = await asyncio.gather(*(caller.reply() for caller in callers[15:]))

        assert not any(reply.is_complete for reply in replies)
        for seed, reply in enumerate(replies):
            assert Plan(lines=1000, seed=seed).whole.startswith(reply.body)
        assert {reply.status for reply in silent} == {502}
        down = [await answer(guard.port, stream(Plan(), guard.port)) for _ in range(3)]
        assert not any(reply.status == 200 for reply in down)

        await asyncio.to_thread(upstream.start, cloud_disabled=True)
        again = await answer(guard.port, stream(Plan(seed=99), guard.port))
        assert (again.status, again.body) == (200, Plan(seed=99).whole)

    asyncio.run(killed())


@pytest.mark.parametrize("is_noticed", [False, True], ids=["unnoticed", "noticed"])
def test_a_server_that_comes_back_with_its_cloud_gets_no_request_for_a_stub(
    guard: Guarded, upstream: PacedUpstream, is_noticed: bool
) -> None:
    def asked(model: str) -> bytes:
        return post("/api/chat", chat(Plan(), model=model), guard.port)

    async def replaced() -> None:
        async with connected(guard.port) as kept:
            kept.send(asked(MODEL))
            assert (await kept.reply()).status == 200
            assert (await answer(guard.port, asked(STUB))).status == 403
            await asyncio.to_thread(upstream.kill)
            if is_noticed:
                assert (await answer(guard.port, asked(MODEL))).status != 200
            upstream.makes_stub = MODEL
            upstream.seen.clear()
            await asyncio.to_thread(upstream.start, cloud_disabled=False)
            kept.send(asked(MODEL))
            refused = await kept.reply()
            assert (refused.status, refused.headers["x-modelcheck-reason"]) == (403, "stub")
            assert (await answer(guard.port, asked(MODEL))).status == 403
            assert (await answer(guard.port, asked(STUB))).status == 403

    asyncio.run(replaced())

    assert upstream.chats == []


@pytest.mark.parametrize("leave", LEAVES.values(), ids=LEAVES)
@pytest.mark.parametrize("is_silent", [True, False], ids=["before the first byte", "in the middle"])
def test_a_caller_that_leaves_takes_the_upstream_along(
    guard: Guarded, upstream: PacedUpstream, leave: Leave, is_silent: bool
) -> None:
    async def leaves() -> float:
        async with connected(guard.port) as caller:
            caller.send(stream(Plan(lines=10_000, pause=0.01, seed=7, silent=is_silent), guard.port))
            if not is_silent:
                await caller.reply(begun)
            await asyncio.to_thread(upstream.until, lambda: upstream.chats)
            leave(caller)
            at = time.monotonic()
            await asyncio.to_thread(upstream.until, lambda: upstream.left)
            return at

    at = asyncio.run(leaves())

    assert upstream.left[0].seed == 7
    assert upstream.left[0].at - at < LEAVES_S
    assert asyncio.run(answer(guard.port, stream(Plan(), guard.port))).is_complete


def test_callers_that_do_not_read_hold_the_upstream_back_and_nobody_else(
    guard: Guarded, upstream: PacedUpstream
) -> None:
    large = Plan(lines=800, size=50_000)

    async def others() -> None:
        for _ in range(20):
            assert (await answer(guard.port, stream(Plan(seed=1), guard.port))).body == Plan(seed=1).whole

    async def stalled() -> None:
        async with AsyncExitStack() as stack:
            for _ in range(50):
                caller = await stack.enter_async_context(connected(guard.port, receive=16_384))
                caller.send(stream(large, guard.port))
            before: list[int] = []
            async with asyncio.timeout(LIMIT_S):
                while not (len(upstream.throttled) == 50 and upstream.written == before):
                    before = upstream.written
                    await others()
            assert before[-1] < large.lines * large.size // 2

    asyncio.run(stalled())


def test_a_slow_caller_gets_all_of_it_in_the_end(guard: Guarded, upstream: PacedUpstream) -> None:
    large = Plan(lines=300, size=50_000)

    async def slow() -> Reply:
        async with connected(guard.port, receive=16_384) as caller:
            caller.send(stream(large, guard.port))
            await asyncio.to_thread(upstream.until, lambda: upstream.throttled)
            return await caller.reply()

    reply = asyncio.run(slow())

    assert reply.is_complete
    assert reply.body == large.whole


def test_a_caller_that_takes_nothing_for_too_long_is_left(upstream: PacedUpstream) -> None:
    async def stuck(port: int) -> None:
        async with connected(port, receive=16_384) as caller:
            caller.send(stream(Plan(lines=2000, size=50_000, seed=3), port))
            await asyncio.to_thread(upstream.until, lambda: upstream.left)

    with guarded(upstream.url, limits=replace(QUICK, stuck_s=0.2)) as guard:
        asyncio.run(stuck(guard.port))

    assert upstream.left[0].seed == 3


def test_an_upstream_that_says_nothing_for_too_long_is_given_up(upstream: PacedUpstream) -> None:
    with guarded(upstream.url, limits=replace(QUICK, silence_s=0.2)) as guard:
        reply = asyncio.run(answer(guard.port, stream(Plan(silent=True, seed=4), guard.port)))
        upstream.until(lambda: upstream.left)

    assert reply.status in {502, 504}
    assert reply.is_complete


def test_too_many_connections_are_told_so_and_room_is_made_by_those_that_leave(upstream: PacedUpstream) -> None:
    async def crowded(port: int) -> None:
        async with connected(port) as first, connected(port) as second:
            for caller in (first, second):
                caller.send(get("/api/version", port))
                assert (await caller.reply()).status == 200
            async with connected(port) as third:
                assert (await third.reply()).status == 503
                assert await third.is_ended()
            first.send(get("/api/version", port))
            assert (await first.reply()).status == 200
        async with asyncio.timeout(LIMIT_S):  # those two are gone as soon as the guard has heard of it
            while (await answer(port, get("/api/version", port))).status != 200:
                pass

    with guarded(upstream.url, limits=replace(QUICK, connections=2)) as guard:
        asyncio.run(crowded(guard.port))


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /api/version HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 40_000 + b"\r\n\r\n", 431),
        (b"GET /api/version HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * 200 + b"\r\n", 431),
        (b"GET /" + b"a" * 8_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        (b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (
            b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n20000\r\n"
            + b"a" * 0x20000
            + b"\r\n",
            413,
        ),
        (b"GET /api/version HTTP/1.1\r\nHost: local", 408),
        (b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{", 408),
    ],
    ids=["long header", "many headers", "long target", "long body", "endless chunks", "slow head", "slow body"],
)
def test_what_is_too_much_is_refused_and_the_connection_ends(
    upstream: PacedUpstream, request_: bytes, status: int
) -> None:
    limits = replace(QUICK, head_s=0.2, body_s=0.2, body=100_000)

    async def too_much(port: int) -> Reply:
        async with connected(port) as caller:
            caller.send(request_)
            reply = await caller.reply()
            assert await caller.is_ended()
            return reply

    with guarded(upstream.url, limits=limits) as guard:
        reply = asyncio.run(too_much(guard.port))
        assert asyncio.run(answer(guard.port, stream(Plan(), guard.port))).is_complete

    assert (reply.status, reply.is_complete) == (status, True)
    assert len(upstream.chats) == 1


def test_a_caller_that_says_nothing_is_left_in_silence(upstream: PacedUpstream) -> None:
    async def silent(port: int) -> Reply:
        async with connected(port) as caller:
            reply = await caller.reply()
            assert await caller.is_ended()
            return reply

    with guarded(upstream.url, limits=replace(QUICK, head_s=0.2, idle_s=0.2)) as guard:
        assert asyncio.run(silent(guard.port)).status == 0


def test_asked_to_end_it_lets_what_runs_come_to_its_end_and_takes_nothing_new(
    guard: Guarded, upstream: PacedUpstream
) -> None:
    plan = Plan(lines=40, pause=0.02)

    async def drained() -> Reply:
        reply = Reply()
        async with connected(guard.port) as caller, connected(guard.port) as idle:
            idle.send(get("/api/version", guard.port))
            await idle.reply()
            caller.send(stream(plan, guard.port))
            reply = await caller.reply(begun)
            guard.stop()
            assert await idle.is_ended()
            with pytest.raises(ConnectionError):  # noqa: PT012 - again and again until the port is closed
                while not reply.is_complete:
                    late = await answer(guard.port, get("/api/version", guard.port))
                    assert late.status in {0, 200, 503}
                    await asyncio.sleep(0)
            await caller.rest(reply)
        return reply

    reply = asyncio.run(drained())

    assert reply.is_complete
    assert reply.body == plan.whole
    assert guard.ended.wait(10)


@pytest.mark.skipif(sys.platform == "win32", reason="asyncio has its own loop there")
def test_all_of_it_holds_on_uvloop_as_well(upstream: PacedUpstream) -> None:
    uvloop = pytest.importorskip("uvloop")

    async def some(port: int) -> list[Reply]:
        return await asyncio.gather(*(answer(port, stream(plan, port)) for plan in plans(50, 3)))

    with guarded(upstream.url, loop_factory=uvloop.new_event_loop) as guard:
        replies = asyncio.run(some(guard.port))

    assert [reply.body for reply in replies] == [plan.whole for plan in plans(50, 3)]
