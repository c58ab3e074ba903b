"""The audit: survey (or saved facts) under a rulebook, judged into a report."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from modelcheck.app.baseline import Ground, Held, opened, reused_by
from modelcheck.app.catalogue import parts_of, probes_of
from modelcheck.app.change import Ruled, ruled, with_rulebook
from modelcheck.app.errors import UserError
from modelcheck.app.judgement import judge
from modelcheck.app.last import Keeping, dated, last_facts
from modelcheck.app.look import look
from modelcheck.app.options import Options
from modelcheck.app.places import project_root
from modelcheck.app.reuse import with_times
from modelcheck.app.rulebook import chosen_profile, rulebook
from modelcheck.app.saved import saved_facts
from modelcheck.app.survey import Interrupted, Watch, unwatched
from modelcheck.app.tables import tables
from modelcheck.core.asked import LocalModels, Servers
from modelcheck.core.comparison import Base
from modelcheck.core.diagnosis import FirstContact
from modelcheck.core.exceptions import Exceptions, Marks
from modelcheck.core.facts import Fact, Facts, Scope
from modelcheck.core.graphics import Gpus
from modelcheck.core.lock import Lock
from modelcheck.core.machine import Inventory, Platform
from modelcheck.core.mapping import Mappings
from modelcheck.core.part import Part
from modelcheck.core.policy import Policy
from modelcheck.core.profile import Profile
from modelcheck.core.project import Agents, Configuration, References
from modelcheck.core.report import Report
from modelcheck.core.sentence import Told
from modelcheck.probes.access import Book

DESCRIBED: tuple[type[Fact], ...] = (
    Configuration,
    Agents,
    References,
    LocalModels,
    Servers,
    Inventory,
    Lock,
    Gpus,
    Platform,
    Exceptions,
    Marks,
    Mappings,
    FirstContact,
)
"""Facts that the report describes or that exceptions need, besides those of checks."""


@dataclass(frozen=True)
class Audit:
    """An audit that was carried out."""

    report: Report
    facts: Facts
    profile: Profile
    partial: bool = False
    """Whether the user ended the look, so that this is what was seen until then."""
    notes: tuple[Told, ...] = ()
    """What a reader has to know beside the report."""


def audit(options: Options, *, watch: Watch = unwatched, plugins: bool = True, partial: bool = False) -> Audit:
    """Look (or read saved facts) and judge; with `partial` also what was seen of a look that the user ended.

    Raises:
        UserError: something the user gave cannot be used.
        Interrupted: the user ended the look, and a partial audit is not wanted.

    """
    _refuse_mixed(options)
    if options.facts is not None:
        chosen = chosen_profile(options)
        parts = parts_of(chosen, plugins=plugins)
        facts = saved_facts(options.facts)
        return _ruled(judged(parts, with_plugins(chosen, parts), facts, today=options.today), chosen)
    root = project_root(options.path)
    ground = None if options.baseline is None else opened(options, options.baseline, root)
    ruling = Ruled(rulebook(options, root), ()) if ground is None else ruled(ground.rules, options, root)
    parts = parts_of(ruling.rules.profile, plugins=plugins)
    bench = _Bench(options, root, ground, ruling, parts, with_plugins(ruling.rules.profile, parts))
    return bench.of_last_look() if options.last else bench.of_new_look(watch, partial=partial)


@dataclass(frozen=True)
class _Bench:
    """What a project is judged by, whether it is looked at now or was before."""

    options: Options
    root: Path
    ground: Ground | None
    ruling: Ruled
    parts: tuple[Part, ...]
    chosen: Profile

    def of_last_look(self) -> Audit:
        """Judge what the last look saw."""
        today = self.options.today or datetime.now(UTC).date().isoformat()
        return replace(self._judged(last_facts(self.options, self.ruling.rules), today), notes=dated(self.options))

    def of_new_look(self, watch: Watch, *, partial: bool) -> Audit:
        """Look, judge, and keep what was seen."""
        reuse = reused_by(self.options, self.root, self.ground, self.chosen)
        kinds, probes, book = wanted(self.parts, self.chosen), probes_of(), Book(simulated=reuse.simulated)
        keeping = Keeping(self.options)
        try:
            facts = look(self.options, self.ruling.rules, kinds, probes, watch=watch, known=reuse.known, book=book)
        except Interrupted as ended:
            if not partial:
                raise
            return replace(self._judged(ended.facts, self.options.today), partial=True)
        facts = with_times(facts, reuse)
        if self.ground is None:
            done = replace(self._judged(facts, self.options.today), notes=reuse.notes)
            keeping.keep(done.facts, done.report)
            return done
        held = Held(self.options, self.ground, self.parts, self.chosen, (*self.ruling.changes, *reuse.changes))
        facts, base = held.against(facts, probes, kinds, reuse.known, book)
        return replace(self._judged(facts, self.options.today, base), notes=(*self.ground.notes, *reuse.notes))

    def _judged(self, facts: Facts, today: str | None, base: Base | None = None) -> Audit:
        return _ruled(judged(self.parts, self.chosen, facts, today=today, base=base), self.ruling.rules.profile)


def _ruled(done: Audit, profile: Profile) -> Audit:
    return replace(done, report=with_rulebook(done.report, profile, done.facts))


def _refuse_mixed(options: Options) -> None:
    """Refuse options that contradict each other: saved facts were seen whole, and under the rules of then."""
    saved = "--from" if options.facts is not None else "--last" if options.last else ""
    added = "--baseline" if options.baseline is not None else "--machine-facts" if options.machine_facts else ""
    if saved and added:
        raise UserError("{saved} judges what was seen before, so {added} does not go with it", saved=saved, added=added)
    if options.max_drop is not None and options.baseline is None:
        raise UserError("--max-drop needs --baseline: it says how far the score may fall below the base's")


def judged(
    parts: Sequence[Part], chosen: Profile, facts: Facts, *, today: str | None = None, base: Base | None = None
) -> Audit:
    """Judge facts; the clock is the facts' own unless a date is given."""
    date = today or facts.taken_at.get(Scope.PROJECT, "")[:10]
    whole = facts.merged(tables(date, Policy(chosen.everything_local)))
    return Audit(judge(parts, chosen, whole, today=date, base=base), facts, chosen)


def wanted(parts: Sequence[Part], chosen: Profile) -> frozenset[type[Fact]]:
    """Return the facts that the checks in scope need and the report describes."""
    checks = [check for part in parts for check in part.checks if check.id in chosen.checks]
    return frozenset(DESCRIBED).union(*(check.all_needs for check in checks))


def with_plugins(chosen: Profile, parts: Sequence[Part]) -> Profile:
    """Return the profile with the checks of plugins in scope; those that it did not list have no points."""
    extra = tuple(one.id for part in parts for one in part.checks if one.plugin and one.id not in chosen.checks)
    return msgspec.structs.replace(chosen, checks=(*chosen.checks, *extra)) if extra else chosen
