"""The comparison of a change with its base: what fails anew, how far the score fell, what was edited that judges."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from modelcheck.core.check import Finding, Outcome
from modelcheck.core.facts import Place
from modelcheck.core.rulebook import Change
from modelcheck.core.score import Judged, Score


class Failure(msgspec.Struct, frozen=True, order=True):
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
    failures: tuple[Failure, ...]
    """Each as often as it is there: a second key in the same file is not known."""
    value: int | None
    """Its score in tenths, None where it has none."""
    with_excepted: int | None = None
    """The same with what live exceptions let count, which is what the gate compares."""
    lost: frozenset[str] = frozenset()
    """The checks that lose points there for certain, or fail."""
    max_drop: int | None = None
    """How far the score may fall, in tenths; None where nobody said."""
    changes: tuple[Change, ...] = ()
    """What the change edits that judges, or what does not add up in a stored report."""


class New(msgspec.Struct, frozen=True):
    """A failure that the base does not have, with its place."""

    failure: Failure
    place: Place | None


class Comparison(msgspec.Struct, frozen=True):
    """The failures of a change, held against those of its base."""

    new: tuple[New, ...]
    """Those that the base does not have and that no exception excuses."""
    known: int
    """How many the base has as well."""
    gone: int
    """How many of the base are no more."""


def base_of(score: Score, *, name: str, max_drop: int | None = None, changes: tuple[Change, ...] = ()) -> Base:
    """Return what a change is held against, from the judgement of its base."""
    tally = score.tally
    return Base(
        name=name,
        failures=tuple(one.failure for one, _ in _failing(score.judged)),
        value=tally.value if score.numbered else None,
        with_excepted=tally.of_hundred(tally.earned + score.excepted) if score.numbered else None,
        lost=frozenset(one.check for one in score.judged if one.earned + one.unseen < one.applicable or one.failing),
        max_drop=max_drop,
        changes=changes,
    )


def compared(base: Base, judged: Sequence[Judged]) -> Comparison:
    """Tell what fails anew from what is known and from what is no more.

    Of failures that cannot be told apart as many are known as the base has; which of them are new is not known, and
    the last ones are named.
    """
    left = Counter(base.failures)
    new: list[New] = []
    known = 0
    for one, is_excused in _failing(judged):
        if left[one.failure]:
            left[one.failure] -= 1
            known += not is_excused
        elif not is_excused:
            new.append(one)
    return Comparison(tuple(new), known, sum(left.values()))


def _failing(judged: Sequence[Judged]) -> list[tuple[New, bool]]:
    """Return every failing finding as what it would be if it were new, and whether an exception excuses it."""
    return [
        (New(Failure.of(one.check, finding), finding.place), finding in one.excused)
        for one in judged
        for finding in one.findings
        if finding.outcome is Outcome.FAIL
    ]
