"""The audit: survey (or saved facts) under a rulebook, judged into a report."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from modelcheck.app.catalogue import parts_of, probes_of
from modelcheck.app.judgement import judge
from modelcheck.app.look import Watch, look
from modelcheck.app.options import Options
from modelcheck.app.places import project_root
from modelcheck.app.rulebook import chosen_profile, rulebook
from modelcheck.app.saved import saved_facts
from modelcheck.app.tables import tables
from modelcheck.core.asked import LocalModels, Servers
from modelcheck.core.comparison import Base
from modelcheck.core.exceptions import Exceptions, Marks
from modelcheck.core.facts import Fact, Facts, Scope
from modelcheck.core.graphics import Gpus
from modelcheck.core.lock import Lock
from modelcheck.core.machine import Inventory, Platform
from modelcheck.core.part import Part
from modelcheck.core.profile import Profile
from modelcheck.core.project import Agents, Configuration, References
from modelcheck.core.report import Report

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
)
"""Facts that the report describes or that exceptions need, besides those of checks."""


@dataclass(frozen=True)
class Audit:
    """An audit that was carried out."""

    report: Report
    facts: Facts
    profile: Profile


def audit(options: Options, *, watch: Watch = lambda _name, _values: None, plugins: bool = True) -> Audit:
    """Look (or read saved facts) and judge.

    Raises:
        UserError: something the user gave cannot be used.

    """
    if options.facts is not None:
        chosen = chosen_profile(options)
        parts = parts_of(chosen, plugins=plugins)
        return judged(parts, with_plugins(chosen, parts), saved_facts(options.facts), today=options.today)
    rules = rulebook(options, project_root(options.path))
    parts = parts_of(rules.profile, plugins=plugins)
    chosen = with_plugins(rules.profile, parts)
    facts = look(options, rules, wanted(parts, chosen), probes_of(), watch=watch)
    return judged(parts, chosen, facts, today=options.today)


def judged(
    parts: Sequence[Part], chosen: Profile, facts: Facts, *, today: str | None = None, base: Base | None = None
) -> Audit:
    """Judge facts; the clock is the facts' own unless a date is given."""
    date = today or facts.taken_at.get(Scope.PROJECT, "")[:10]
    whole = facts.merged(tables(date))
    return Audit(judge(parts, chosen, whole, today=date, base=base), facts, chosen)


def wanted(parts: Sequence[Part], chosen: Profile) -> frozenset[type[Fact]]:
    """Return the facts that the checks in scope need and the report describes."""
    checks = [check for part in parts for check in part.checks if check.id in chosen.checks]
    return frozenset(DESCRIBED).union(*(check.all_needs for check in checks))


def with_plugins(chosen: Profile, parts: Sequence[Part]) -> Profile:
    """Return the profile with the checks of plugins in scope; those that it did not list have no points."""
    extra = tuple(one.id for part in parts for one in part.checks if one.plugin and one.id not in chosen.checks)
    return msgspec.structs.replace(chosen, checks=(*chosen.checks, *extra)) if extra else chosen
