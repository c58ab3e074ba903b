"""Hostile requests against a guard: each is answered or closed, and nothing dangerous is executed behind it."""

import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice, repeat

from attack import Line, Malformed, Silent, harmless, is_well
from attacked import Target

BATCH = 500
CALLERS = 32
PATIENT_S = 0.2
"""For which an answer is awaited before the caller says that nothing more will come."""
SHOWN = 5


@dataclass
class Tally:
    """What came of the cases."""

    cases: int = 0
    answered: int = 0
    """Requests that were passed on or answered with a success."""
    dangerous: int = 0
    unanswered: int = 0
    failures: int = 0
    """Answers that are none, errors in the guard, and guards that were not well afterwards."""
    shown: list[str] = field(default_factory=list[str])

    @property
    def is_clean(self) -> bool:
        return not (self.dangerous or self.unanswered or self.failures)

    def add(self, other: "Tally") -> None:
        self.cases += other.cases
        self.answered += other.answered
        self.dangerous += other.dangerous
        self.unanswered += other.unanswered
        self.failures += other.failures
        self.shown += other.shown

    def show(self, what: str, raw: bytes) -> None:
        if len(self.shown) < SHOWN:
            self.shown.append(f"{what}: {raw[:2000]!r}")


class Errors(logging.Handler):
    """Keeps what asyncio says when something in the guard fails."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(self.format(record))


def fuzz(target: Target, requests: Iterable[bytes]) -> Tally:
    """Send all requests, many at a time; where a batch did harm, send it again one by one to find which."""
    tally, errors = Tally(), Errors()
    logger = logging.getLogger("asyncio")
    logger.addHandler(errors)
    left = iter(requests)
    try:
        with ThreadPoolExecutor(CALLERS) as callers:
            while batch := list(islice(left, BATCH)):
                target.upstream.forget()
                for raw, found in zip(batch, callers.map(_sent, repeat(target.port), batch), strict=True):
                    tally.cases += 1
                    _count(tally, raw, found)
                _judge(tally, target, batch)
    finally:
        logger.removeHandler(errors)
    tally.failures += len(errors.told)
    tally.shown += errors.told[:SHOWN]
    return tally


def _sent(port: int, raw: bytes) -> str:
    """Send one request; say `answered`, `refused`, `unanswered`, or what is wrong."""
    with Line(port) as line:
        try:
            line.send(raw)
            if line.hears_nothing(PATIENT_S):
                line.end()
            said = line.answer(head_only=raw.lstrip(b"\r\n").startswith(b"HEAD "))
            if said is not None:
                harmless(said)
        except (Silent, TimeoutError):
            return "unanswered"
        except Malformed as broken:
            # A caller that has said that it leaves may be left in the middle.
            return "refused" if line.has_ended else f"malformed answer ({broken})"
        except AssertionError as harm:
            return f"harm ({harm})"
    return "answered" if said is not None and said.status < 300 else "refused"


def _count(tally: Tally, raw: bytes, found: str) -> None:
    if found == "answered":
        tally.answered += 1
    elif found == "unanswered":
        tally.unanswered += 1
        tally.show(found, raw)
    elif found != "refused":
        tally.failures += 1
        tally.show(found, raw)


def _judge(tally: Tally, target: Target, batch: list[bytes]) -> None:
    upstream = target.upstream
    if upstream.dangerous or upstream.refused:
        tally.dangerous += len(upstream.dangerous) + len(upstream.refused)
        for raw in batch:
            upstream.forget()
            _sent(target.port, raw)
            if upstream.dangerous or upstream.refused:
                tally.show(f"executed {upstream.dangerous} {upstream.refused}", raw)
    try:
        is_well(target.port)
    except AssertionError as ill:
        tally.failures += 1
        tally.shown.append(f"not well: {ill}")
