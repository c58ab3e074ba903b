"""Hostile input for every parser: `python benchmarks/fuzz.py [CASES] [SEED] [NAME…]`; prints a line for each.

Cases are made from the seeds of the tests, by the same mutations; a parser must read each case or refuse it in its own
words. The headers of weights have a benchmark of their own, `header_fuzz`.
"""

import logging
import os
import sys
import time
from multiprocessing import Pool
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from mutation import Mutator
from parsers import crash, parsers

CASES = 100_000
SHOWN = 5
"""Failures of one parser that are printed."""


def fuzzed(name: str, cases: int, seed: int) -> tuple[str, int]:
    """Let a parser take all cases; its line, and how often it failed."""
    logging.disable()
    parser = next(one for one in parsers() if one.name == name)
    mutator = Mutator(seed)
    slowest, crashes, lines = 0.0, 0, list[str]()
    for _ in range(cases):
        case = mutator.case(parser.seeds)
        began = time.process_time()
        told = crash(parser, case)
        slowest = max(slowest, time.process_time() - began)
        if told:
            crashes += 1
            lines += [f"  {told}: {case[:300]!r}"] if crashes <= SHOWN else []
    line = f"{name}: {cases:,} cases, {crashes} crashes, slowest {slowest * 1000:.0f} ms"
    return "\n".join([line, *lines]), crashes


def main() -> None:
    """Let every parser take its cases, and end with 1 where one failed."""
    given = sys.argv[1:]
    cases = int(given[0]) if given else CASES
    seed = int(given[1]) if len(given) > 1 else 1
    names = given[2:] or [one.name for one in parsers()]
    with Pool(os.cpu_count()) as pool:
        results = [pool.apply_async(fuzzed, (name, cases, seed)) for name in names]
        crashes = 0
        for result in results:
            line, failed = result.get()
            print(line, flush=True)
            crashes += failed
    sys.exit(1 if crashes else 0)


if __name__ == "__main__":
    main()
