"""The survey: the probes that are needed, in the order of their needs, none waited for beyond its limit."""

import queue
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from typing import cast

from modelcheck.core.facts import Fact, Facts, Scope
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Ledger
from modelcheck.core.text import printable
from modelcheck.probes.access import Access
from modelcheck.probes.parallel import attempt, remaining
from modelcheck.probes.probe import Probe

Values = dict[type[Fact], Fact | Gap]
Ended = queue.Queue[tuple[str, Values]]
Watch = Callable[[str, Values], None]
"""Told of each probe that has ended, with what it left behind."""


def survey(
    probes: Sequence[Probe[..., object]],
    wanted: Collection[type[Fact]],
    access: Access,
    *,
    tables: Mapping[type[Fact], Fact],
    watch: Watch = lambda _name, _values: None,
) -> Facts:
    """Run the probes whose facts are wanted, and those that they need.

    Returns:
        Every wanted fact, or the gap that stands in its place; and what was done, in the ledger.

    """
    needed = _needed(probes, wanted, known=set(tables))
    values: Values = dict(tables)
    order = TopologicalSorter({name: _before(one, needed) for name, one in needed.items()})
    order.prepare()
    ended: Ended = queue.Queue()
    deadlines: dict[str, float] = {}
    while order.is_active():
        for name in order.get_ready():
            deadlines[name] = time.monotonic() + access.limit_s
            _start(needed[name], access, dict(values), ended)
        name, left = _next(ended, deadlines, needed, access.limit_s)
        if deadlines.pop(name, None) is not None:  # else it was given up before, and is too late
            values.update(left)
            watch(name, left)
            order.done(name)
    values[Ledger] = access.book.closed()
    now = datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    taken_at: dict[Scope, str] = dict.fromkeys((Scope.PROJECT, Scope.MACHINE, Scope.PROVIDERS), now)
    return Facts(values, taken_at, subject=_name(access))


def _name(access: Access) -> str:
    return printable(access.root.resolve().name or "project", 80)


def _needed(
    probes: Sequence[Probe[..., object]], wanted: Collection[type[Fact]], known: set[type[Fact]]
) -> dict[str, Probe[..., object]]:
    by_promise = {promise: one for one in probes for promise in one.promises}
    needed: dict[str, Probe[..., object]] = {}
    waiting = list(wanted)
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
) -> tuple[str, Values]:
    """Wait for the next probe to end; where a deadline passes first, its probe is given up."""
    soonest = min(deadlines, key=lambda name: deadlines[name])
    try:
        return ended.get(timeout=remaining(deadlines[soonest]))
    except queue.Empty:
        return soonest, _all(needed[soonest], Gap(Why.TIMED_OUT, about=f"{limit_s:g} s"))


def _all(one: Probe[..., object], gap: Gap) -> Values:
    return dict.fromkeys(one.promises, gap)
