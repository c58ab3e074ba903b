"""Exceptions and ignores: what a project asks the gate, or the judgement, to let pass, each with its reason."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import ClassVar

import msgspec

from modelcheck.core.check import Finding
from modelcheck.core.facts import Fact, Place, Record, Scope

MARKED = (".py", ".pyi", ".toml", ".yaml", ".yml")
"""Endings of the files in whose comments a mark is read."""
MARKED_NAMES = (".env", "Containerfile", "Dockerfile", "Modelfile")
"""Beginnings of the names of such files; JSON has no comments."""

LONGEST = 366
"""Days for which an exception may run, from the day that it is held against."""

_A_DAY = len("2026-11-24")
"""Characters of a day; a moment has more."""


class What(StrEnum):
    """What an exception lets pass."""

    CHECK = "check"
    """A check by its id: what it loses counts for the gate."""
    PULL = "pull"
    """A pull of a model that is not here, by name."""
    REFERENCE = "reference"
    """Naming a model that is not here, by name."""
    REQUEST = "request"
    """A request that the guard refuses, by what it does and to what: `delete qwen3:8b`, `infer gpt-oss:20b-cloud`."""


class Exemption(Record, frozen=True):
    """One line of `exceptions:`: something known, let pass until a day. It never moves the score."""

    what: What
    subject: str
    """The id of a check, the name of a model, or a request."""
    reason: str
    approver: str
    until: str
    """The last day on which it holds, ISO 8601; at most a year after the day of judgement.

    An exception for a pull or a request may end at a moment, with its zone: `2026-11-24T21:30:00+00:00`.
    """
    only: str = ""
    """For a check: the one subject (a model, an agent, a server) that it concerns; empty for all of them."""
    at: Place | None = None


class Ignore(Record, frozen=True):
    """A false alarm that somebody answers for: what was found there is not judged, neither won nor lost."""

    checks: tuple[str, ...]
    path: str
    """A path of the project, or a glob over paths."""
    reason: str
    line: int = 0
    """The line that an inline mark stands for; 0 for a line of `ignore:`, which concerns the whole file."""
    at: Place | None = None
    """Where it is written."""


class Exceptions(Fact, frozen=True):
    """What the settings declare of both."""

    scope: ClassVar[Scope] = Scope.PROJECT

    exceptions: tuple[Exemption, ...] = ()
    ignores: tuple[Ignore, ...] = ()


class Marks(Fact, frozen=True):
    """The inline marks of the project's files: `modelcheck: ignore[CFG-07] the reason`."""

    scope: ClassVar[Scope] = Scope.PROJECT

    marks: tuple[Ignore, ...] = ()


def is_over(until: str, now: datetime) -> bool:
    """Whether something that holds until a day, or until a moment, is over; what is neither has never begun.

    A day ends everywhere at the end of the day in UTC.
    """
    try:
        moment = datetime.fromisoformat(until)
        if len(until) <= _A_DAY:
            moment += timedelta(days=1)
    except (ValueError, OverflowError):
        return True
    return now >= (moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def days_left(until: str, day: date) -> int:
    """Return how many days something that holds until a day or a moment has left on a day; below 0 once it is over.

    Raises:
        ValueError: it is neither.

    """
    return (datetime.fromisoformat(until).date() - day).days


def takes_marks(path: str) -> bool:
    """Whether marks are read in the comments of a file, by its name."""
    name = path.rpartition("/")[2]
    return name.endswith(MARKED) or name.startswith(MARKED_NAMES)


class Force(StrEnum):
    """Whether an exception or an ignore holds, and if not, why."""

    LIVE = "live"
    UNUSED = "unused"
    """It would hold, and there is nothing that it lets pass."""
    EXPIRED = "expired"
    TOO_LONG = "too-long"
    """It runs for more than a year from the day of judgement."""
    UNDATED = "undated"
    """Its last day, or the day of judgement, is no date."""
    UNKNOWN_CHECK = "unknown-check"
    """It names a check that there is not, or none."""
    NO_REASON = "no-reason"


class Excepted(msgspec.Struct, frozen=True):
    """What one exception came to at judgement."""

    exemption: Exemption
    standing: Force
    tenths: int = 0
    """Lost tenths of a point that it lets count for the gate."""


class Taken(msgspec.Struct, frozen=True):
    """A finding that an ignore takes away."""

    check: str
    finding: Finding


class Ignored(msgspec.Struct, frozen=True):
    """What one ignore came to at judgement."""

    ignore: Ignore
    findings: int
    """How many findings it took away; 0 for an unused one."""
    standing: Force = Force.LIVE
    taken: tuple[Taken, ...] = ()
