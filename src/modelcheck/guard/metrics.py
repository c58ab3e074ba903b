"""Counters of the guard, and values read from it, as OpenMetrics text."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import msgspec

from modelcheck import __version__
from modelcheck.core.text import printable
from modelcheck.guard.event import Event, Outcome

PREFIX = "modelcheck_guard_"
MOST_LABELS = 200
"""Sets of labels of one counter; what comes after them is counted as `other`."""
OTHER = "other"

_TAKEN = frozenset({"build", "requests", "refusals", "failures", "exceptions"})
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LONGEST = 100
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\""})

Labels = tuple[tuple[str, str], ...]
Kind = TypeVar("Kind")
Tally = tuple[tuple[Kind, int], ...]
"""What was counted, of each kind."""


class Counts(msgspec.Struct, frozen=True):
    """What one process has counted since its start, as it tells another."""

    requests: Tally[tuple[str, Outcome]] = ()
    refusals: Tally[Labels] = ()
    failures: Tally[Labels] = ()
    exceptions: Tally[Labels] = ()
    gauges: tuple[tuple[str, float], ...] = ()


class Metrics:
    """Everything that is counted since the start."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, Outcome]] = Counter()
        self._refusals: Counter[Labels] = Counter()
        self._failures: Counter[Labels] = Counter()
        self._exceptions: Counter[Labels] = Counter()
        self._gauges: dict[str, tuple[str, Callable[[], float]]] = {}
        self._others: dict[int, Counts] = {}

    def count(self, route: str, outcome: Outcome) -> None:
        """Count a request by its route, one of a closed set, and by what became of it."""
        known = (route, outcome)
        if known not in self._requests and len(self._requests) >= MOST_LABELS:
            known = (OTHER, outcome)
        self._requests[known] += 1

    def note(self, event: Event) -> None:
        """Count a refusal or a failure by its reason; a request that went on is one that an exception let pass."""
        if event.outcome is Outcome.REFUSED:
            _add(self._refusals, (("reason", event.reason),))
        elif event.outcome is Outcome.FAILED:
            _add(self._failures, (("reason", event.reason),))
        else:
            _add(self._exceptions, (("action", event.action),))

    def gauge(self, name: str, about: str, read: Callable[[], float]) -> None:
        """Show a value that is read each time somebody asks.

        Raises:
            ValueError: the name is none of lower-case words joined by `_`, or is taken.

        """
        short = name.removeprefix(PREFIX)
        if _NAME.fullmatch(short) is None or short in self._gauges or short in _TAKEN:
            raise ValueError(name)
        self._gauges[short] = (about, read)

    def counts(self) -> Counts:
        """Return what was counted here, for another process."""
        read = ((name, value) for name, (_, read) in self._gauges.items() for value in _read(read).values())
        return Counts(
            requests=tuple(self._requests.items()),
            refusals=tuple(self._refusals.items()),
            failures=tuple(self._failures.items()),
            exceptions=tuple(self._exceptions.items()),
            gauges=tuple((name, value) for name, value in read if math.isfinite(value)),
        )

    def take(self, number: int, counts: Counts) -> None:
        """Take what another process has counted since its start, in place of what it told before."""
        self._others[number] = counts

    def exposition(self) -> bytes:
        """Return everything as OpenMetrics 1.0 text, summed over all processes."""
        others = self._others.values()
        build = _family("build", "info", "Which modelcheck this is.", {"_info": {(("version", __version__),): 1}})
        requests: Mapping[Labels, int] = {
            (("route", printable(route, _LONGEST)), ("outcome", outcome.value)): count
            for (route, outcome), count in _sum(self._requests, (one.requests for one in others)).items()
        }
        counters: tuple[tuple[str, str, Mapping[Labels, int]], ...] = (
            ("requests", "Requests, by route and outcome.", requests),
            ("refusals", "Refused requests, by reason.", _sum(self._refusals, (one.refusals for one in others))),
            (
                "failures",
                "Requests that the guarded server gave no answer to, by reason.",
                _sum(self._failures, (one.failures for one in others)),
            ),
            (
                "exceptions",
                "Requests that an exception let pass, by action.",
                _sum(self._exceptions, (one.exceptions for one in others)),
            ),
        )
        lines = [build, *(_family(name, "counter", about, {"_total": values}) for name, about, values in counters)]
        for name, (about, read) in self._gauges.items():
            theirs = sum(value for one in others for key, value in one.gauges if key == name)
            mine = _read(read)
            lines.append(_family(name, "gauge", about, {"": {labels: mine[labels] + theirs for labels in mine}}))
        return ("".join(lines) + "# EOF\n").encode()


def _add(counter: Counter[Labels], labels: Labels) -> None:
    labels = tuple((name, printable(value, _LONGEST)) for name, value in labels)
    if labels not in counter and len(counter) >= MOST_LABELS:
        labels = tuple((name, OTHER) for name, _ in labels)
    counter[labels] += 1


def _sum(mine: Counter[Kind], others: Iterable[Tally[Kind]]) -> Counter[Kind]:
    total = mine.copy()
    for told in others:
        for kind, count in told:
            total[kind] += count
    return total


def _read(read: Callable[[], float]) -> Mapping[Labels, float]:
    """Read a gauge; one that cannot be read has no value, and takes none of the others with it."""
    try:
        return {(): read()}
    except Exception:  # noqa: BLE001 - whoever gave it answers for it; the others are still worth having
        return {}


def _family(name: str, kind: str, about: str, samples: Mapping[str, Mapping[Labels, float]]) -> str:
    full = PREFIX + name
    lines = [f"# TYPE {full} {kind}", f"# HELP {full} {printable(about, _LONGEST).translate(_ESCAPES)}"]
    for ending, values in samples.items():
        lines += [f"{full}{ending}{_labels(labels)} {_number(value)}" for labels, value in sorted(values.items())]
    return "".join(f"{line}\n" for line in lines)


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels) + "}"


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) else repr(float(value))
