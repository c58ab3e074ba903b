"""What the guard costs beside nginx, in front of one server: `python benchmarks/guard.py [--quick] [NAME…]`.

NAMES of what is measured: `requests`, `delay`, `memory`; all of them where none is given. The upstream answers at once
(`tests/support/paced_upstream.py`), the load has a process of its own (`guard_load.py`); the targets take turns, and
medians are printed. nginx is left out where there is none. The guard is the real command: as it comes, with a process
for each core up to four where the system lets them share an address; with one process; and with one process on asyncio,
as on Windows, where there is no uvloop.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from guard_process import guard_process
from process_cost import cpu_s, resident
from reverse_proxy import nginx

CONNECTIONS, STREAMS = 64, 100
BUSY = 0.5
AIM_REQUESTS, AIM_P50_MS, AIM_P99_MS, AIM_BYTES = 0.5, 0.5, 2.0, 2e6
GUARDS: tuple[tuple[str, bool, tuple[str, ...]], ...] = (
    ("guard as it comes", True, ()),
    ("guard, 1 process", True, ("--workers", "1")),
    ("guard, 1 process on asyncio", False, ("--workers", "1")),
)
"""Its name, whether it may use uvloop, and its options."""
UPSTREAM = Path(__file__).parent.parent / "tests" / "support" / "paced_upstream.py"
LOAD = Path(__file__).with_name("guard_load.py")


@dataclass(frozen=True)
class Target:
    """Something that answers, and its process; 0 where what it costs is not asked."""

    name: str
    port: int
    pid: int = 0


@dataclass(frozen=True)
class Size:
    """How long and how often is measured."""

    rounds: int
    seconds: float
    few: int
    """Short streams before the memory is looked at for the first time."""
    many: int


LONG, QUICK = Size(5, 3, 1_000, 100_000), Size(3, 1, 1_000, 10_000)


@dataclass(frozen=True)
class Load:
    """What came of one load."""

    per_s: float
    wrong: int
    p50: float
    p99: float
    cpu_us: float
    """CPU time of the target for each answer, in microseconds."""


def loaded(kind: str, target: Target, connections: int, amount: float) -> Load:
    """Put a load on a target."""
    before = cpu_s(target.pid)
    command = [sys.executable, str(LOAD), kind, str(target.port), str(connections), str(amount)]
    found = json.loads(subprocess.check_output(command))
    spent = cpu_s(target.pid) - before
    return Load(found["per_s"], found["wrong"], found["p50"], found["p99"], spent * 1e6 / max(1, found["answers"]))


def in_turn(kind: str, targets: list[Target], connections: int, amount: float, rounds: int) -> dict[str, Load]:
    """Put a load on all targets in turn, again and again; the medians of each."""
    found: dict[str, list[Load]] = {target.name: [] for target in targets}
    for target in targets:
        loaded(kind, target, connections, min(amount, 1))
    for _ in range(rounds):
        for target in targets:
            found[target.name].append(loaded(kind, target, connections, amount))
    return {name: median(loads) for name, loads in found.items()}


def median(loads: list[Load]) -> Load:
    """Return the middle of each figure, and all answers that were wrong."""
    return Load(
        statistics.median(one.per_s for one in loads),
        sum(one.wrong for one in loads),
        statistics.median(one.p50 for one in loads),
        statistics.median(one.p99 for one in loads),
        statistics.median(one.cpu_us for one in loads),
    )


def reference(found: dict[str, Load]) -> Load | None:
    """Return nginx as it does best."""
    rivals = [load for name, load in found.items() if name.startswith("nginx")]
    return max(rivals, key=lambda load: load.per_s, default=None)


def requests(targets: list[Target], size: Size) -> Iterator[str]:
    """Yield a line for each target and kind of request."""
    for kind, said in (("chat", "POST /api/chat"), ("version", "GET /api/version")):
        found = in_turn(kind, targets, CONNECTIONS, size.seconds, size.rounds)
        best = reference(found)
        for name, load in found.items():
            ratio = f", {load.per_s / best.per_s:.2f} x nginx" if best else ""
            aim = f" (aim {AIM_REQUESTS:g})" if name.startswith("guard") else ""
            cost = f", {load.cpu_us:.1f} us CPU a request" if load.cpu_us else ""
            yield f"{said}, {CONNECTIONS} connections, {name}: {load.per_s:,.0f}/s{ratio}{aim}{cost}{wrong(load)}"


def delay(targets: list[Target], size: Size) -> Iterator[str]:
    """Yield a line for each target: by how much it delays the lines of streams."""
    found = in_turn("delays", targets, STREAMS, size.seconds, size.rounds)
    direct = found["direct"]
    for name, load in found.items():
        told = f"{load.p50:.2f} / {load.p99:.2f} ms"
        if name != "direct":
            told += f", added {load.p50 - direct.p50:.2f} / {load.p99 - direct.p99:.2f} ms"
        aim = f" (aim {AIM_P50_MS:g} / {AIM_P99_MS:g} ms)" if name.startswith("guard") else ""
        yield f"delay of a line, {STREAMS} streams, p50 / p99, {name}: {told}{aim}{wrong(load)}"


def memory(targets: list[Target], size: Size) -> Iterator[str]:
    """Yield a line for each guard: what its memory does over many streams."""
    for target in targets:
        if target.name.startswith("guard"):
            few = loaded("streams", target, CONNECTIONS, size.few)
            first = resident(target.pid)
            many = loaded("streams", target, CONNECTIONS, size.many - size.few)
            last = resident(target.pid)
            yield (
                f"memory, {target.name}: {first / 1e6:.1f} MB after {size.few:,} streams, {last / 1e6:.1f} MB after "
                f"{size.many:,}, grown by {(last - first) / 1e6:.2f} MB (aim {AIM_BYTES / 1e6:g}), "
                f"{many.per_s:,.0f} streams/s, {many.cpu_us:.0f} us CPU a stream{wrong(few)}{wrong(many)}"
            )


def wrong(load: Load) -> str:
    """Say how many answers were not what they must be."""
    return f", {load.wrong} WRONG" if load.wrong else ""


@contextmanager
def upstream() -> Generator[Target]:
    """Run the server that all targets lead to."""
    with subprocess.Popen([sys.executable, str(UPSTREAM)], stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None  # noqa: S101 - it is a pipe
            yield Target("direct", int(running.stdout.readline()))
        finally:
            running.kill()


def started(stack: ExitStack, direct: Target) -> list[Target]:
    """Start all that is compared."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    targets = [direct]
    if shutil.which("nginx") is None:
        print("nginx: not on this machine, so nothing is compared with it")
    else:
        for workers in ("1", "auto"):
            port, pid = stack.enter_context(nginx(folder / workers, direct.port, workers))
            targets.append(Target(f"nginx, worker_processes {workers}", port, pid))
    for name, uvloop, options in GUARDS:
        url = f"http://127.0.0.1:{direct.port}"
        home = folder / f"guard-{len(targets)}"
        guard = stack.enter_context(guard_process(url, *options, home=home, uvloop=uvloop))
        targets.append(Target(name, guard.port, guard.pid))
    return targets


MEASURED = {"requests": requests, "delay": delay, "memory": memory}


def main() -> None:
    """Measure what is asked for, and print a line for each figure."""
    names = [name for name in sys.argv[1:] if name in MEASURED] or list(MEASURED)
    size = QUICK if "--quick" in sys.argv else LONG
    if (load := os.getloadavg()[0] if hasattr(os, "getloadavg") else 0) > BUSY:
        print(f"other work is running here (load {load:.1f}): all figures are worse for it, delays most of all")
    with ExitStack() as stack:
        direct = stack.enter_context(upstream())
        targets = started(stack, direct)
        for name in names:
            for told in MEASURED[name](targets, size):
                print(told, flush=True)


if __name__ == "__main__":
    main()
