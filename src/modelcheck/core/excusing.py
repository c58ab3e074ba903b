"""Excusing: what the gate lets pass under a live exception. The score stays as it is."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from fractions import Fraction
from math import floor

import msgspec

from modelcheck.core.asked import LocalModels, key_name
from modelcheck.core.check import Finding, Outcome
from modelcheck.core.exceptions import LONGEST, Excepted, Exceptions, Exemption, Force, What, days_left
from modelcheck.core.facts import Facts
from modelcheck.core.gap import Gap
from modelcheck.core.part import Part
from modelcheck.core.profile import Profile
from modelcheck.core.score import Judged, Score, score

PRESENCE = "CFG-03"
"""The check that an exception for a reference concerns."""


class _Excuse(msgspec.Struct, frozen=True):
    """What a live exception concerns."""

    check: str
    """A check's id; empty where no check of this version uses it."""
    labels: frozenset[str] | None
    """The subjects that it concerns, None for all of them."""

    def covers(self, subject: str) -> bool:
        return self.labels is None or subject in self.labels


def scored(parts: Sequence[Part], profile: Profile, facts: Facts, *, today: str) -> Score:
    """Judge every check of the profile, and let pass what live exceptions concern."""
    return excused(score(parts, profile, facts), facts, today=today)


def excused(result: Score, facts: Facts, *, today: str) -> Score:
    """Let pass what live exceptions concern, as of a day: failing findings, and lost points for the gate alone.

    What was not seen is never excused, and where the exceptions themselves were not seen, nothing is.
    """
    declared = facts.get(Exceptions)
    if isinstance(declared, Gap):
        return result
    known = {standing.id for standing in result.standings}
    came = [Excepted(one, _force(one, today, known)) for one in declared.exceptions]
    live = {index: _excuse(one.exemption, facts) for index, one in enumerate(came) if one.standing is Force.UNUSED}
    judged: list[Judged] = []
    for one in result.judged:
        concerned = {index: excuse for index, excuse in live.items() if excuse.check == one.check}
        passed, gains = _passed(one, concerned)
        judged.append(passed)
        for index, tenths in gains.items():
            came[index] = Excepted(came[index].exemption, Force.LIVE, tenths)
    return msgspec.structs.replace(result, judged=tuple(judged), exceptions=tuple(came))


def _passed(one: Judged, excuses: Mapping[int, _Excuse]) -> tuple[Judged, dict[int, int]]:
    """Let pass what the exceptions concern of one check, and return the tenths that each which is used adds.

    A subject counts as if it lost nothing, in the exact mean; two exceptions for one subject count once.
    """
    lost = {index: 1 - share.high for index, share in enumerate(one.shares) if share.high < 1}
    failing = [finding for finding in one.findings if finding.outcome is Outcome.FAIL]
    back, gained = Fraction(0), 0
    gains: dict[int, int] = {}
    passed: list[Finding] = []
    for number, excuse in excuses.items():
        shares = [index for index, share in enumerate(one.shares) if share.high < 1 and excuse.covers(share.subject)]
        findings = [finding for finding in failing if excuse.covers(finding.subject)]
        if not shares and not findings:
            continue
        back += sum((lost.pop(index, Fraction(0)) for index in shares), Fraction(0)) / max(1, len(one.shares))
        gains[number] = _with(one, back) - one.earned - gained
        gained += gains[number]
        passed += findings
    return msgspec.structs.replace(one, excepted=gained, excused=tuple(passed)), gains


def _with(one: Judged, back: Fraction) -> int:
    """Return the tenths that a check would earn if so much of it were not lost, floored as all points are."""
    low = sum((share.low for share in one.shares), Fraction(0)) / max(1, len(one.shares))
    return floor(one.points * (low + back))


def _excuse(exemption: Exemption, facts: Facts) -> _Excuse:
    if exemption.what is What.CHECK:
        return _Excuse(exemption.subject, frozenset({exemption.only}) if exemption.only else None)
    return _Excuse(PRESENCE if exemption.what is What.REFERENCE else "", _labels(exemption.subject, facts))


def _labels(name: str, facts: Facts) -> frozenset[str]:
    """Return the labels of the local models that have a name, by the rules of the engine that serves each."""
    models = facts.get(LocalModels)
    if isinstance(models, Gap):
        return frozenset()
    meant = (one for one in models.models if name == one.text or key_name(name, one.engine) == one.key.name)
    return frozenset(one.label for one in meant)


def _force(exemption: Exemption, today: str, known: Collection[str]) -> Force:
    """Return why an exception does not hold, or that nothing uses it yet.

    A plugin's check is known wherever the plugin itself is not in force.
    """
    try:
        left = days_left(exemption.until, date.fromisoformat(today))
    except ValueError:
        return Force.UNDATED
    if left < 0:
        return Force.EXPIRED
    if left > LONGEST:
        return Force.TOO_LONG
    if not exemption.reason.strip():
        return Force.NO_REASON
    if exemption.what is What.CHECK and exemption.subject not in known and "/" not in exemption.subject:
        return Force.UNKNOWN_CHECK
    return Force.UNUSED
