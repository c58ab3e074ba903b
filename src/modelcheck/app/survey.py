"""The survey: the probes that are needed, in the order of their needs, none waited for beyond its limit."""

import queue
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from typing import Protocol, cast

from modelcheck.app.interruption import interruption
from modelcheck.core.facts import Fact, Facts, Scope
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Ledger
from modelcheck.core.text import printable
from modelcheck.probes.access import Access
from modelcheck.probes.parallel import attempt, remaining
from modelcheck.probes.probe import Probe

Values = dict[type[Fact], Fact | Gap]
Ended = queue.Queue[tuple[str, Values]]
PAUSE_S = 0.2
"""How long a wait may last before Ctrl-C is looked at: on Windows it ends no wait by itself."""
INTERRUPTED = Gap(Why.INTERRUPTED, hint="modelcheck audit")
"""What stands in the place of all that was not seen before the user ended the look."""


class Watch(Protocol):
    """Told of each probe that has ended, with what it left behind, and of those that are still waited for."""

    def __call__(self, name: str, values: Values, waiting: Sequence[str] = (), /) -> None:
        """Take note of it."""


class Interrupted(KeyboardInterrupt):
    """A look that the user ended before it came to its end, with the facts that it had by then."""

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self.facts = facts


def unwatched(_name: str, _values: Values, _waiting: Sequence[str] = (), /) -> None:
    """Take no note of anything."""


def survey(
    probes: Sequence[Probe[..., object]],
    wanted: Collection[type[Fact]],
    access: Access,
    *,
    tables: Mapping[type[Fact], Fact | Gap],
    watch: Watch = unwatched,
) -> Facts:
    """Run the probes whose facts are wanted, and those that they need.

    Returns:
        Every wanted fact, or the gap that stands in its place; and what was done, in the ledger.

    Raises:
        Interrupted: the user ended it by Ctrl-C; what was seen until then comes with it.

    """
    needed = _needed(probes, wanted, known=set(tables))
    values: Values = dict(tables)
    order = TopologicalSorter({name: _before(one, needed) for name, one in needed.items()})
    order.prepare()
    ended: Ended = queue.Queue()
    deadlines: dict[str, float] = {}

    def begin() -> None:
        for name in order.get_ready():
            deadlines[name] = time.monotonic() + access.limit_s
            _start(needed[name], access, dict(values), ended)

    with interruption() as asked:
        begin()
        while order.is_active() and not asked.is_set():
            found = _next(ended, deadlines, needed, access.limit_s)
            # One that was given up before, and is too late, has no deadline any more.
            if found is not None and deadlines.pop(found[0], None) is not None:
                name, left = found
                values.update((kind, value) for kind, value in left.items() if kind not in tables)
                order.done(name)
                begin()
                watch(name, left, tuple(deadlines))
    for one in needed.values():
        values = {**_all(one, INTERRUPTED), **values}
    values[Ledger] = access.book.closed()
    now = datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    taken_at: dict[Scope, str] = dict.fromkeys((Scope.PROJECT, Scope.MACHINE, Scope.PROVIDERS), now)
    facts = Facts(values, taken_at, subject=_name(access))
    if order.is_active():
        raise Interrupted(facts)
    return facts


def _name(access: Access) -> str:
    return printable(access.root.resolve().name or "project", 80)


def _needed(
    probes: Sequence[Probe[..., object]], wanted: Collection[type[Fact]], known: set[type[Fact]]
) -> dict[str, Probe[..., object]]:
    by_promise = {promise: one for one in probes for promise in one.promises}
    needed: dict[str, Probe[..., object]] = {}
    waiting = [kind for kind in wanted if kind not in known]
    while waiting:
        one = by_promise.get(waiting.pop())
        if one is not None and one.name not in needed:
            needed[one.name] = one
            waiting.extend(kind for kind in one.needs.values() if kind not in known)
    return needed


def _before(one: Probe[..., object], needed: Mapping[str, Probe[..., object]]) -> set[str]:
    kinds = set(one.needs.values())
    return {name for name, other in needed.items() if kinds & set(other.promises)}


def _start(one: Probe[..., object], access: Access, values: Values, ended: Ended) -> None:
    """Run one probe in a daemon thread, so that code that blocks in C cannot hold the program."""
    threading.Thread(target=lambda: ended.put((one.name, _run(one, access, values))), daemon=True).start()


def _run(one: Probe[..., object], access: Access, values: Values) -> Values:
    arguments: dict[str, object] = {}
    for name, kind in one.needs.items():
        value = values.get(kind, Gap(Why.NOT_ASKED, about=kind.__name__))
        if isinstance(value, Gap) and name not in one.optional:
            return _all(one, value)
        arguments[name] = value
    if one.access is not None:
        arguments[one.access] = access
    left = attempt(lambda: _checked(one, one.look(**arguments)))
    return _all(one, left) if isinstance(left, Gap) else left


def _checked(one: Probe[..., object], left: object) -> Values | Gap:
    """Return what a probe left by class; raises where it is not what was promised, as a plugin's may be."""
    if isinstance(left, Gap):
        return left
    each = cast("tuple[object, ...]", left) if isinstance(left, tuple) else (left,)
    values: Values = {}
    for kind, value in zip(one.promises, each, strict=True):
        if not isinstance(value, kind | Gap):
            raise TypeError(kind.__name__)
        values[kind] = value
    return values


def _next(
    ended: Ended, deadlines: Mapping[str, float], needed: Mapping[str, Probe[..., object]], limit_s: float
) -> tuple[str, Values] | None:
    """Wait a moment for the next probe to end; where a deadline passes first, its probe is given up."""
    soonest = min(deadlines, key=lambda name: deadlines[name])
    try:
        return ended.get(timeout=min(PAUSE_S, remaining(deadlines[soonest])))
    except queue.Empty:
        if remaining(deadlines[soonest]):
            return None
        return soonest, _all(needed[soonest], Gap(Why.TIMED_OUT, about=f"{limit_s:g} s"))


def _all(one: Probe[..., object], gap: Gap) -> Values:
    return dict.fromkeys(one.promises, gap)
