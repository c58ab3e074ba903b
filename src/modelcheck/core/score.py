"""The score: verdicts into points, points into parts, parts into one number with its range."""

from collections.abc import Sequence
from functools import cache, partial
from math import floor

import msgspec

from modelcheck.core.check import Check, Finding, Outcome, Share, Verdict, verdict
from modelcheck.core.exceptions import Excepted, Ignore, Ignored, Taken
from modelcheck.core.facts import Fact, Facts, Scope
from modelcheck.core.gap import Gap, Why
from modelcheck.core.ignoring import ignores, judged_without
from modelcheck.core.part import Part, Planned
from modelcheck.core.profile import Profile
from modelcheck.core.project import References

OUTSIDE = {Scope.MACHINE, Scope.PROVIDERS}
"""Whose facts are not the project's own."""
LEAST_APPLICABLE = 40
"""Tenths of a point that must be proven to apply before there is a number at all."""


class Standing(msgspec.Struct, frozen=True):
    """Why a check of the catalogue counts or does not."""

    id: str
    title: str
    points: int
    judged: bool
    why_not: str = ""
    """`planned` or `out-of-scope` when it is not judged."""


class Judged(msgspec.Struct, frozen=True):
    """One check with its points, all in tenths."""

    check: str
    outcome: Outcome
    points: int
    """What it is worth when it applies."""
    earned: int
    unseen: int
    applicable: int
    """Its points when it applies, else 0."""
    findings: tuple[Finding, ...]
    shares: tuple[Share, ...] = ()
    """What each subject that applies earns; one without a name for a check that judges no subjects."""
    excepted: int = 0
    """Lost tenths that live exceptions let count for the gate; they never move the score."""
    excused: tuple[Finding, ...] = ()
    """The failing findings that live exceptions let pass."""
    ignored: tuple[Finding, ...] = ()
    """The findings that somebody answers for as false alarms; they are not among `findings`, and were not judged."""

    @property
    def proven(self) -> bool:
        """Whether facts prove that it applies, or that it does not; what was not seen proves neither."""
        return self.outcome is not Outcome.UNKNOWN

    @property
    def failing(self) -> bool:
        """Whether any subject fails and no exception excuses it, which is what a veto asks."""
        return any(finding.outcome is Outcome.FAIL and finding not in self.excused for finding in self.findings)

    @property
    def open(self) -> bool:
        """Whether anything that it judges was not seen."""
        return any(finding.outcome is Outcome.UNKNOWN for finding in self.findings)


class Tally(msgspec.Struct, frozen=True):
    """A sum of checks: what was earned, what applies, what was not seen, in tenths."""

    earned: int
    applicable: int
    unseen: int

    @classmethod
    def of(cls, judged: Sequence[Judged]) -> "Tally":
        """Add up."""
        return cls(
            sum(one.earned for one in judged),
            sum(one.applicable for one in judged),
            sum(one.unseen for one in judged),
        )

    @property
    def value(self) -> int:
        """Hundred times earned over applicable in tenths, floored: the low end."""
        return self.of_hundred(self.earned)

    @property
    def high(self) -> int:
        """The same if all that was not seen were earned."""
        return self.of_hundred(self.earned + self.unseen)

    @property
    def coverage(self) -> int:
        """The share of applicable points that was seen, in tenths of a per cent, floored."""
        return self.of_hundred(self.applicable - self.unseen)

    def of_hundred(self, tenths: int) -> int:
        """Return tenths of points as tenths of what applies, floored."""
        return 1000 * tenths // self.applicable if self.applicable else 0


class Score(msgspec.Struct, frozen=True):
    """The whole judgement: every check of the profile and the sum."""

    judged: tuple[Judged, ...]
    standings: tuple[Standing, ...]
    tally: Tally
    numbered: bool
    """False when there is nothing to score, or only a selection was judged."""
    exceptions: tuple[Excepted, ...] = ()
    """What each exception came to."""
    ignored: tuple[Ignored, ...] = ()
    """What each ignore came to."""

    @property
    def excepted(self) -> int:
        """Tenths of a point that exceptions let count for the gate."""
        return sum(one.excepted for one in self.judged)

    def of(self, check_id: str) -> Judged | None:
        """Return one check's result, if it was judged."""
        return next((one for one in self.judged if one.check == check_id), None)


def points(check: Check[...], judgement: Verdict) -> Judged:
    """Turn a verdict into points: floors of exact fractions, so that what is printed adds up."""
    if judgement.outcome is Outcome.NOT_APPLICABLE:
        return Judged(check.id, judgement.outcome, check.points, 0, 0, 0, judgement.findings)
    earned = floor(check.points * judgement.low)
    unseen = floor(check.points * judgement.high) - earned
    shares = judgement.shares or (Share("", judgement.low, judgement.high),)
    return Judged(check.id, judgement.outcome, check.points, earned, unseen, check.points, judgement.findings, shares)


def score(parts: Sequence[Part], profile: Profile, facts: Facts) -> Score:
    """Judge every check of the profile and add up.

    There is a number only when it is proven that the project names a model and that enough points apply: a gap proves
    neither, else what was not seen could turn "nothing to score" into a score.
    A selection of checks has no number either.
    """
    judged: list[Judged] = []
    standings = standings_of(parts, profile)
    ignoring = ignores(facts, {one.id for one in standings})
    taken: list[tuple[Ignore, Taken]] = []
    for check in (check for part in parts for check in part.checks if check.id in profile.checks):
        kept, gone = judged_without(check.id, verdict(check, facts), partial(_shown, check, facts), ignoring)
        ignored = tuple(one.finding for _, one in gone)
        judged.append(msgspec.structs.replace(points(check, kept), ignored=ignored))
        taken += gone
    proven_points = sum(one.applicable for one in judged if one.proven)
    numbered = not profile.selection and _names_a_model(facts) and proven_points >= LEAST_APPLICABLE
    return Score(tuple(judged), standings, Tally.of(judged), numbered, ignored=ignoring.came_to(taken))


def _shown(check: Check[...], facts: Facts) -> Sequence[Finding]:
    """Return what the project's own files show to a check: its findings where nothing else was looked at."""
    outside = {kind: _not_looked_at(kind) for kind in check.all_needs if kind.scope in OUTSIDE}
    return verdict(check, facts.merged(outside)).findings


@cache
def _not_looked_at(kind: type[Fact]) -> Gap:
    return Gap(Why.NOT_ASKED, about=kind.__name__)


def standings_of(parts: Sequence[Part], profile: Profile) -> tuple[Standing, ...]:
    """Return for every check of the catalogue whether it counts under a profile."""
    standings: list[Standing] = []
    for part in parts:
        for check in part.checks:
            in_scope = check.id in profile.checks
            standings.append(
                Standing(check.id, check.title, check.points, in_scope, "" if in_scope else "out-of-scope")
            )
        standings.extend(_planned(planned, profile) for planned in part.planned)
    return tuple(standings)


def _names_a_model(facts: Facts) -> bool:
    references = facts.get(References)
    return not isinstance(references, Gap) and bool(references.references)


def _planned(planned: Planned, profile: Profile) -> Standing:
    why = "planned" if planned.id in profile.checks else "out-of-scope"
    return Standing(planned.id, planned.title, planned.points, judged=False, why_not=why)
