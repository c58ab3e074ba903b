"""Reuse: what a machine showed elsewhere, taken from a facts file where this one cannot look, while it is young."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from modelcheck.app.errors import UserError
from modelcheck.app.saved import saved_facts
from modelcheck.core.facts import Fact, Facts, Scope
from modelcheck.core.factsfile import LIMIT
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Ledger
from modelcheck.core.rulebook import Change, Governed
from modelcheck.core.sentence import Told
from modelcheck.probes.files import read_regular
from modelcheck.probes.gittree import read_standing

REUSED = (Scope.MACHINE, Scope.PROVIDERS)
HINT = "modelcheck audit --facts-out FILE on that machine"


@dataclass(frozen=True)
class Reused:
    """What is reused: known facts, when they were seen, and what there is to say of the file."""

    known: Mapping[type[Fact], Fact | Gap] = field(default_factory=dict[type[Fact], "Fact | Gap"])
    taken_at: Mapping[Scope, str] = field(default_factory=dict[Scope, str])
    simulated: bool = False
    changes: tuple[Change, ...] = ()
    notes: tuple[Told, ...] = ()


@dataclass(frozen=True)
class _File:
    """Which file is read, and what there is to say of that choice."""

    path: Path | None
    """None where the change alone has it."""
    changes: tuple[Change, ...] = ()
    notes: tuple[Told, ...] = ()


def reused(path: Path, *, root: Path, base: Path | None, days: int, today: str) -> Reused:
    """Take the facts of machine and providers from a file.

    Args:
        path: the file; where it lies in the project and the base has it as well, the base's is read.
        root: the project's folder.
        base: the checkout of the base, if there is one.
        days: how old they may be; older ones are gaps.
        today: the day of judgement, ISO 8601.

    Raises:
        UserError: it cannot be read, has no date, or comes from the future.

    """
    file = _chosen(path, root, base)
    if file.path is None:
        gap = Gap(Why.DECLARED, about=path.name, hint="a facts file outside the project; or merge it first")
        return Reused(dict.fromkeys(_kinds(), gap), changes=file.changes, notes=file.notes)
    facts = saved_facts(file.path)
    known: dict[type[Fact], Fact | Gap] = {}
    for scope in REUSED:
        stale = _age(facts, scope, file.path, days=days, today=today)
        for kind in _kinds(scope):
            known[kind] = stale or facts.get(kind)
    ledger = facts.get(Ledger)
    return Reused(
        known=known,
        taken_at={scope: facts.taken_at[scope] for scope in REUSED if scope in facts.taken_at},
        simulated=not isinstance(ledger, Gap) and ledger.simulated,
        changes=file.changes,
        notes=file.notes,
    )


def with_times(facts: Facts, reuse: Reused) -> Facts:
    """Return facts with the times at which what is reused was seen."""
    return Facts(
        {kind: facts.get(kind) for kind in facts},
        {**facts.taken_at, **reuse.taken_at},
        facts.unknown,
        subject=facts.subject,
    )


def in_reach(name: str) -> Told:
    """Say of a file in the project that a change can edit it."""
    return Told("{file} lies in the project, so whoever changes the project can change what it says", file=name)


def name_inside(path: Path, root: Path) -> str | None:
    """Return the name of a file in a project, as it is reached and wherever links lead; None for one outside."""
    full = Path(os.path.abspath(path))  # noqa: PTH100 - a link is where it lies, not where it leads
    above = next((folder for folder in full.parents if folder.resolve() == root), None)
    return None if above is None else full.relative_to(above).as_posix()


def _chosen(path: Path, root: Path, base: Path | None) -> _File:
    """Choose the base's copy of a file in the project; what only the change has was seen by nobody else."""
    name = name_inside(path, root)
    if name is None:
        return _File(path)
    if base is None:
        return _File(path, notes=(in_reach(name),))
    try:
        copy = read_regular(base / name, LIMIT)
    except OSError:
        is_foreign = read_standing(root, [name])[name].tracked in {False, None}
        return _File(path) if is_foreign else _File(None, (Change(Governed.FACTS, name, "", "added"),))
    try:
        same = read_regular(path, LIMIT) == copy
    except OSError:
        same = False
    return _File(base / name, () if same else (Change(Governed.FACTS, name, "of the base", "edited"),))


def _age(facts: Facts, scope: Scope, path: Path, *, days: int, today: str) -> Gap | None:
    """Return what stands in the place of facts that are too old."""
    taken = facts.taken_at.get(scope)
    if taken is None:
        return Gap(Why.NOT_RECORDED, about=path.name)
    try:
        seen = datetime.fromisoformat(taken).astimezone(UTC).date()
    except (ValueError, OverflowError):
        raise UserError("{path} does not say when it saw the {scope}", path=path, scope=scope.value) from None
    age = (date.fromisoformat(today) - seen).days
    if age < 0:
        raise UserError(
            "{path} says that it saw the {scope} on {day}, and today is {today}; check the clock of that machine",
            path=path,
            scope=scope.value,
            day=seen.isoformat(),
            today=today,
        )
    return Gap(Why.STALE, about=seen.isoformat(), hint=HINT) if age > days else None


def _kinds(*scopes: Scope) -> list[type[Fact]]:
    return [kind for kind in Fact.registry.values() if kind.scope in (scopes or REUSED) and kind is not Ledger]
