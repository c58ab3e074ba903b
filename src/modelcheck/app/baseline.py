"""The base of a change: a checkout or a report of it, whose rules judge and whose failures are known."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import cast

import msgspec

from modelcheck.app.change import by_command_line, completed, with_base_marks, with_lock
from modelcheck.app.errors import UserError
from modelcheck.app.look import look
from modelcheck.app.options import Options
from modelcheck.app.places import project_root
from modelcheck.app.recounted import Stored, counted, stored_report
from modelcheck.app.reuse import Reused, in_reach, name_inside, reused
from modelcheck.app.rulebook import rulebook
from modelcheck.app.tables import tables
from modelcheck.core.comparison import Base, base_of
from modelcheck.core.exceptions import Marks
from modelcheck.core.excusing import scored
from modelcheck.core.facts import Fact, Facts, Scope
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Ledger
from modelcheck.core.part import Part
from modelcheck.core.policy import Policy
from modelcheck.core.profile import Profile
from modelcheck.core.rulebook import Change, Rulebook
from modelcheck.core.score import Score
from modelcheck.core.sentence import Told
from modelcheck.probes.access import Book
from modelcheck.probes.probe import Probe

NOT_IN_REPORT = Gap(Why.NOT_RECORDED, about="the report of the base")


@dataclass(frozen=True)
class Ground:
    """What a change is held against: a folder or a report, and the rules in it."""

    name: str
    rules: Rulebook
    root: Path | None = None
    """The checkout, None for a report."""
    report: Stored | None = None
    notes: tuple[Told, ...] = ()
    """What a reader has to know of it."""


def opened(options: Options, path: Path, root: Path) -> Ground:
    """Open the base of the change in `root`.

    Raises:
        UserError: it is not there, or what judges cannot be read from it.

    """
    if not path.is_dir():
        return _of_report(options, path, root)
    if path.resolve() == root:
        raise UserError("--baseline {path} is the project itself; check its base out into another folder", path=path)
    try:
        base = project_root(path)
        return Ground("folder", with_lock(rulebook(replace(options, path=base), base), base), root=base)
    except UserError as error:
        raise UserError("the base {path} cannot judge: {reason}", path=path, reason=error) from None


def _of_report(options: Options, path: Path, root: Path) -> Ground:
    stored = stored_report(path)
    said = stored.report.rulebook
    if said is None:
        raise UserError(
            "{path} does not say what judged it, so it can be no base; "
            "`modelcheck audit --report json={path}` writes one that does",
            path=path,
        )
    own = rulebook(options, root)
    rules = Rulebook(
        profile=by_command_line(said.profile, own.profile, options),
        config=said.config,
        sensitive=said.sensitive,
        expectations=completed(said.expectations, own.expectations),
        exceptions=said.exceptions,
        lock=said.lock or NOT_IN_REPORT,
    )
    name = name_inside(path, root)
    notes = () if name is None else (in_reach(name),)
    return Ground(f"report {stored.date}", rules, report=stored, notes=notes)


def reused_by(options: Options, root: Path, ground: Ground | None, profile: Profile) -> Reused:
    """Return what the user lets be reused of another look; nothing where no file was named."""
    if options.machine_facts is None:
        return Reused()
    return reused(
        options.machine_facts,
        root=root,
        base=ground.root if ground else None,
        days=profile.machine_days,
        today=options.today or datetime.now(UTC).date().isoformat(),
    )


@dataclass(frozen=True)
class Held:
    """A change that is held against its base."""

    options: Options
    ground: Ground
    parts: Sequence[Part]
    profile: Profile
    changes: tuple[Change, ...]
    """What it edits that judges."""

    def against(
        self,
        facts: Facts,
        probes: Sequence[Probe[..., object]],
        kinds: Collection[type[Fact]],
        known: Mapping[type[Fact], Fact | Gap],
        book: Book,
    ) -> tuple[Facts, Base]:
        """Return the facts of the change with what the base honours of it, and the state that it is held against.

        A base that is a folder is looked at: its files anew, and of the rest only what the change's look does not show.
        """
        if self.ground.report is None:
            before = self._look(facts, probes, frozenset(kinds), known, book)
            today = self.options.today or facts.taken_at[Scope.PROJECT][:10]
            whole = before.merged(tables(today, Policy(self.profile.everything_local)))
            result, marks = scored(self.parts, self.profile, whole, today=today), before.get(Marks)
            altered: tuple[Change, ...] = ()
        else:
            stored = self.ground.report
            done = counted(stored, self.parts, self.profile, today=stored.report.gate.today)
            result, altered = done.score, done.changes
            said = stored.report.rulebook
            marks = (said.marks if said else None) or NOT_IN_REPORT
        facts, added = with_base_marks(facts.replaced(Ledger, book.closed()), marks)
        return facts, held_base(result, self.ground.name, self.options, (*self.changes, *added, *altered))

    def _look(
        self,
        change: Facts,
        probes: Sequence[Probe[..., object]],
        kinds: frozenset[type[Fact]],
        known: Mapping[type[Fact], Fact | Gap],
        book: Book,
    ) -> Facts:
        options = replace(self.options, path=self.ground.root or self.options.path)
        own = frozenset(kind for kind in kinds if kind.scope is Scope.PROJECT)
        project = look(options, self.ground.rules, own, probes, known=known, book=book)
        files = {kind: project.get(kind) for kind in project if kind.scope is Scope.PROJECT}
        shared = {kind: change.get(kind) for kind in _shared(change, project, probes)}
        return look(options, self.ground.rules, kinds, probes, known={**shared, **files, **known}, book=book)


def held_base(result: Score, name: str, options: Options, changes: tuple[Change, ...]) -> Base:
    """Return what the gate holds a change against."""
    most = None if options.max_drop is None else floor(Fraction(str(options.max_drop)) * 10)
    return base_of(result, name=name, max_drop=most, changes=changes)


def _shared(change: Facts, base: Facts, probes: Sequence[Probe[..., object]]) -> set[type[Fact]]:
    """Return the facts of machine and providers that rest on nothing in which a change and its base differ."""
    same = {kind for kind in base if kind.scope is Scope.PROJECT and _bare(change, kind) == _bare(base, kind)}
    found: set[type[Fact]] = set()
    for _ in probes:
        for one in probes:
            if all(kind.scope is Scope.TABLES or kind in same or kind in found for kind in one.needs.values()):
                found.update(kind for kind in one.promises if kind.scope is not Scope.PROJECT)
    return found


def _bare(facts: Facts, kind: type[Fact]) -> object:
    """Return a fact without the places in files, which move with every edit."""
    return _without_places(msgspec.to_builtins(facts.get(kind)))


def _without_places(value: object) -> object:
    if isinstance(value, dict):
        table = cast("dict[str, object]", value)
        return {key: _without_places(one) for key, one in table.items() if key not in {"at", "place", "places"}}
    return [_without_places(one) for one in cast("list[object]", value)] if isinstance(value, list) else value
