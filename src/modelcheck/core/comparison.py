"""The comparison of a change with its base: what fails anew, how far the score fell, what was edited that judges."""

import msgspec

from modelcheck.core.check import Finding, Outcome
from modelcheck.core.facts import Place
from modelcheck.core.rulebook import Change
from modelcheck.core.score import Judged


class Failure(msgspec.Struct, frozen=True):
    """A failing finding as it is known again in another state of the project: lines move, so none is in it."""

    check: str
    code: str
    subject: str
    path: str

    @classmethod
    def of(cls, check: str, finding: Finding) -> "Failure":
        """Return the failure that a finding is."""
        return cls(check, finding.code, finding.subject, finding.place.path if finding.place else "")


class Base(msgspec.Struct, frozen=True):
    """The state that a change is held against."""

    name: str
    """What was given, fit to show: `a folder`, `a report of 2026-11-20`."""
    failures: frozenset[Failure]
    value: int | None
    """Its score in tenths, None where it has none."""
    max_drop: int | None = None
    """How far the score may fall, in tenths; None where nobody said."""
    changes: tuple[Change, ...] = ()
    """What the change edits that judges, or what does not add up in a stored report."""


class New(msgspec.Struct, frozen=True):
    """A failure that the base does not have, with its place."""

    failure: Failure
    place: Place | None


def new_failures(base: Base, judged: tuple[Judged, ...]) -> tuple[New, ...]:
    """Return the failures that the base does not have and that no exception excuses."""
    found = [
        New(Failure.of(one.check, finding), finding.place)
        for one in judged
        for finding in one.findings
        if finding.outcome is Outcome.FAIL and finding not in one.excused
    ]
    return tuple(one for one in found if one.failure not in base.failures)
