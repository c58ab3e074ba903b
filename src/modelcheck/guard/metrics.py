"""Counters of the guard, and values read from it, as OpenMetrics text."""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping

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


class Metrics:
    """Everything that is counted since the start."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, Outcome]] = Counter()
        self._refusals: Counter[Labels] = Counter()
        self._failures: Counter[Labels] = Counter()
        self._exceptions: Counter[Labels] = Counter()
        self._gauges: dict[str, tuple[str, Callable[[], float]]] = {}

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

    def exposition(self) -> bytes:
        """Return everything as OpenMetrics 1.0 text."""
        build = _family("build", "info", "Which modelcheck this is.", {"_info": {(("version", __version__),): 1}})
        requests = {
            (("route", printable(route, _LONGEST)), ("outcome", outcome.value)): count
            for (route, outcome), count in self._requests.items()
        }
        counters: tuple[tuple[str, str, Mapping[Labels, int]], ...] = (
            ("requests", "Requests, by route and outcome.", requests),
            ("refusals", "Refused requests, by reason.", self._refusals),
            ("failures", "Requests that the guarded server gave no answer to, by reason.", self._failures),
            ("exceptions", "Requests that an exception let pass, by action.", self._exceptions),
        )
        lines = [build, *(_family(name, "counter", about, {"_total": values}) for name, about, values in counters)]
        for name, (about, read) in self._gauges.items():
            lines.append(_family(name, "gauge", about, {"": _read(read)}))
        return ("".join(lines) + "# EOF\n").encode()


def _add(counter: Counter[Labels], labels: Labels) -> None:
    labels = tuple((name, printable(value, _LONGEST)) for name, value in labels)
    if labels not in counter and len(counter) >= MOST_LABELS:
        labels = tuple((name, OTHER) for name, _ in labels)
    counter[labels] += 1


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
