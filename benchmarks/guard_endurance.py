"""What the guard stands for long: `python benchmarks/guard_endurance.py [SECONDS] [SEED]`, a minute by default.

The guard is the real command. 500 callers read streams, one after the other; some leave in the middle, some vanish,
some half-close, and 50 more never read their 100 MB. Now and then the upstream is killed and comes back, with its cloud
disabled or, a third of the times, enabled and with a stub in place of its model; meanwhile pulls of what is absent are
asked for without end, and for a while the disk of the audit log is full. Prints what went wrong, and ends with 1 if
anything did: a stream that is not what was sent and looks complete, a request for a stub or a pull that got through, a
refusal that was not answered or is not accounted for in the log, memory that grew.
"""

import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from chat_plan import MODEL, Plan, chat, post
from guard_process import GuardProcess, guard_process
from paced_upstream import STUB, PacedUpstream
from process_cost import resident
from stream_client import Caller, Reply, answer, connected, resource, room

CALLERS, STALLED, PULLERS = 500, 50, 4
SECONDS = 60.0
DOWN_S, UP_S = 0.5, 6.0
SIZES = (*(40,) * 16, 0, 2_000, 2_000, 70_000)
LARGE = Plan(lines=2000, size=50_000, seed=10**6)
MOST_GROWTH = 100e6
CANCEL_S, TICK_S = 1.0, 0.05
LOG_S = 30.0


class Run:
    """One run, and what came of it."""

    def __init__(self, guard: GuardProcess, upstream: PacedUpstream, seconds: float, seed: int) -> None:
        self.guard = guard
        self.upstream = upstream
        self.chance = random.Random(seed)  # noqa: S311 - a plan of what happens
        self.until = time.monotonic() + seconds
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.gone: dict[int, float] = {}
        """When a caller left, by the seed of its stream."""
        self.lag = 0.0
        """The longest time for which this very process did not come to look, in seconds: an error of all its times."""

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() > self.until

    def fail(self, told: str) -> None:
        """Note what went wrong."""
        self.wrong.append(told)

    async def read_streams(self, number: int) -> None:
        """Read streams until the time is up."""
        serial = number
        while not self.is_over:
            serial += 1000
            plan = Plan(
                lines=self.chance.randint(1, 60),
                size=self.chance.choice(SIZES),
                pause=self.chance.choice([0.005, 0.05]),
                seed=serial,
            )
            try:
                async with connected(self.guard.port) as caller:
                    await self.read_one(caller, plan)
            except OSError:
                self.counts["connections broken"] += 1

    async def read_one(self, caller: Caller, plan: Plan) -> None:
        """Read one stream, or leave it in the middle."""
        caller.send(post("/api/chat", chat(plan), self.guard.port))
        leaves = self.chance.random() < 0.1  # noqa: PLR2004 - one of ten
        if leaves:
            await caller.reply(lambda reply: b"\n" in reply.body or reply.is_complete)
            self.gone[plan.seed] = time.monotonic()
            self.chance.choice((caller.close, caller.half_close, caller.vanish))()
            self.counts["left"] += 1
            return
        self.judge(plan, await caller.reply())

    def judge(self, plan: Plan, reply: Reply) -> None:
        """Hold what a caller got against what it must have got."""
        if reply.status != 200:  # noqa: PLR2004 - OK
            self.counts[f"refused {reply.status}"] += 1
        elif reply.is_complete and reply.body == plan.whole:
            self.counts["whole"] += 1
        elif reply.is_complete:
            self.fail(f"stream {plan.seed} is complete, and is not what was sent")
        elif plan.whole.startswith(reply.body):
            self.counts["broken off"] += 1
        else:
            self.fail(f"stream {plan.seed} holds what was not sent")

    async def pull(self, number: int) -> None:
        """Ask for what must be refused until the time is up."""
        serial = 0
        while not self.is_over:
            serial += 1
            body = json.dumps({"model": f"absent-{number}-{serial}"}).encode()
            reply = await answer(self.guard.port, post("/api/pull", body, self.guard.port))
            self.counts["pulls refused"] += 1
            if reply.status != 403 or "x-modelcheck-reason" not in reply.headers:  # noqa: PLR2004 - forbidden
                self.fail(f"a pull was answered with {reply.status}")
            await asyncio.sleep(0.01)

    async def stall(self, stack: AsyncExitStack) -> None:
        """Have callers that ask for much and read nothing."""
        for _ in range(STALLED):
            caller = await stack.enter_async_context(connected(self.guard.port, receive=16_384))
            caller.send(post("/api/chat", chat(LARGE), self.guard.port))

    async def upset(self) -> None:
        """Kill the upstream and let it come back, now and then as another."""
        while not self.is_over:
            await asyncio.sleep(UP_S)
            await asyncio.to_thread(self.upstream.kill)
            await asyncio.sleep(DOWN_S)
            has_cloud = self.chance.random() < 1 / 3
            self.upstream.makes_stub = self.chance.choice([STUB, MODEL])
            self.upstream.seen.clear()
            await asyncio.to_thread(self.upstream.start, cloud_disabled=not has_cloud)
            self.counts["restarts"] += 1
            if has_cloud:
                await asyncio.sleep(DOWN_S)
                self.check_stubs()
                await asyncio.to_thread(self.upstream.kill)
                await asyncio.to_thread(self.upstream.start, cloud_disabled=True)

    def check_stubs(self) -> None:
        """See that nothing was sent to a stub since the upstream came back, and no pull ever."""
        stub = f'"{self.upstream.makes_stub}"'.encode()
        self.wrong += [f"{one.path} was sent to a stub" for one in self.upstream.seen if stub in one.body]
        self.wrong += ["a pull was sent on" for one in self.upstream.seen if one.path == "/api/pull"]

    async def fill_disk(self, log: Path) -> None:
        """Let the disk be full in the middle third of the run."""
        if resource is None or not hasattr(resource, "prlimit"):
            return
        third = (self.until - time.monotonic()) / 3
        await asyncio.sleep(third)
        no_limit = resource.RLIM_INFINITY
        size = (await asyncio.to_thread(log.stat)).st_size
        resource.prlimit(self.guard.pid, resource.RLIMIT_FSIZE, (size, no_limit))
        await asyncio.sleep(third)
        resource.prlimit(self.guard.pid, resource.RLIMIT_FSIZE, (no_limit, no_limit))

    async def watch_lag(self) -> None:
        """Measure how late this process is."""
        while not self.is_over:
            at = time.monotonic()
            await asyncio.sleep(TICK_S)
            self.lag = max(self.lag, time.monotonic() - at - TICK_S)

    def check_leaving(self) -> None:
        """See how long the upstream had to wait until it heard that a caller had left."""
        waits = sorted(one.at - self.gone[one.seed] for one in list(self.upstream.left) if one.seed in self.gone)
        self.counts["cancelled upstream"] = len(waits)
        late = [wait for wait in waits if wait > CANCEL_S + self.lag]
        if late:
            self.fail(f"{len(late)} of {len(waits)} that left were heard of after {late[-1]:.1f} s")

    async def check_log(self, log: Path) -> None:
        """See that every refused pull is accounted for, once the log had time to catch up."""
        until, accounted = time.monotonic() + LOG_S, 0
        while time.monotonic() < until and accounted < self.counts["pulls refused"]:
            await asyncio.sleep(0.5)
            accounted = sum(events(one) for one in log.parent.glob(f"{log.name}*"))
        if accounted < self.counts["pulls refused"]:
            self.fail(f"the log accounts for {accounted} of {self.counts['pulls refused']} refused pulls")


def events(log: Path) -> int:
    """Return how many pulls a log accounts for."""
    entries = [json.loads(line) for line in log.read_text("ascii").splitlines()]
    pulls = [entry for entry in entries if entry.get("action") == "pull" or "lost" in entry]
    return sum(entry.get("repeated", 0) or entry.get("lost", 0) or 1 for entry in pulls)


async def endure(run: Run, log: Path) -> int:
    """Let everything happen at once; return by how many bytes the guard grew."""
    callers = room(4 * CALLERS) // 4
    before = resident(run.guard.pid)
    async with AsyncExitStack() as stack:
        await run.stall(stack)
        await asyncio.gather(
            *(run.read_streams(number) for number in range(callers)),
            *(run.pull(number) for number in range(PULLERS)),
            run.upset(),
            run.watch_lag(),
            run.fill_disk(log),
        )
    last = await answer(run.guard.port, post("/api/chat", chat(Plan(seed=1)), run.guard.port))
    if last.body != Plan(seed=1).whole:
        run.fail("the guard is not well after all that")
    run.check_leaving()
    await run.check_log(log)
    return resident(run.guard.pid) - before


def main() -> None:
    """Let the guard endure it, and print what came of it."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1  # noqa: PLR2004 - the second argument
    room(4 * CALLERS)
    with tempfile.TemporaryDirectory() as folder, PacedUpstream() as upstream:
        log = Path(folder) / "audit.jsonl"
        with guard_process(upstream.url, "--audit-log", str(log), home=Path(folder) / "home") as guard:
            run = Run(guard, upstream, seconds, seed)
            growth = asyncio.run(endure(run, log))
            run.wrong += [line for line in guard.said if "Traceback" in line or "Error" in line]
    if growth > MOST_GROWTH:
        run.fail(f"memory grew by {growth / 1e6:.0f} MB")
    counted = ", ".join(f"{number:,} {kind}" for kind, number in run.counts.items())
    print(f"endured {seconds:.0f} s with {CALLERS} callers: {counted}")
    print(f"memory grew by {growth / 1e6:.1f} MB over all processes of the guard; times within {run.lag:.1f} s")
    print(f"{len(run.wrong)} faults")
    for told in run.wrong[:20]:
        print(f"  {told}")
    sys.exit(1 if run.wrong else 0)


if __name__ == "__main__":
    main()
