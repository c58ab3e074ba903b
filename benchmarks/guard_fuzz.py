"""Hostile requests for the guard: `python benchmarks/guard_fuzz.py [CASES] [SEED]`; prints one line.

Attacks and sound requests are mutated, and others are made from a grammar; behind the guard stands an upstream that
decodes requests as Ollama does and records what it would execute. Every processor fuzzes a guard of its own.
"""

import os
import sys
import time
from multiprocessing import Pool
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from attacked import attacked
from guard_fuzzing import Tally, fuzz
from hostile_requests import cases

CASES = 100_000


def fuzzed(number: int, seed: int) -> Tally:
    """Send a share of the cases to a guard of this process."""
    with attacked() as target:
        return fuzz(target, cases(number, seed))


def main() -> None:
    """Send all cases, print one line, and end with 1 where anything went wrong."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else CASES
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1  # noqa: PLR2004 - the second argument
    shares = os.cpu_count() or 1
    began, total = time.monotonic(), Tally()
    with Pool(shares) as pool:
        sizes = [number // shares + (place < number % shares) for place in range(shares)]
        for tally in pool.starmap(fuzzed, [(size, seed * 1000 + place) for place, size in enumerate(sizes)]):
            total.add(tally)
    for line in total.shown:
        print(line)
    print(
        f"guard fuzz: {total.cases:,} cases, {total.answered:,} of them answered, {total.dangerous} dangerous "
        f"executions, {total.unanswered} unanswered, {total.failures} failures of the guard, "
        f"{time.monotonic() - began:.0f} s"
    )
    sys.exit(0 if total.is_clean else 1)


if __name__ == "__main__":
    main()
