"""The gate: one decision over a score, in a fixed order, with its reasons."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from modelcheck.core.comparison import Base, Comparison, New, compared
from modelcheck.core.gap import Why
from modelcheck.core.levels import Measured, Standing, levels
from modelcheck.core.profile import Bar, Profile
from modelcheck.core.rulebook import Change, Governed
from modelcheck.core.score import Judged, Score, Tally


class Decision(StrEnum):
    """The one value of the gate."""

    BLOCKED = "blocked"
    """A veto failed, or a stored report does not add up."""
    BELOW = "below"
    """Too few points, and no unseen thing can change that; a level missed; or something that the base does not have."""
    UNSEEN = "unseen"
    """Too little was seen to decide."""
    PASSED = "passed"


EXIT_CODES = {Decision.BLOCKED: 1, Decision.BELOW: 1, Decision.UNSEEN: 3, Decision.PASSED: 0}
BLOCKING = {"veto-failed", "altered"}
FALLING = {"level-missed", "new-failures", "dropped"}
OPEN = {"veto-unseen", "level-unproven", "drop-unseen", "interrupted"}


class Reason(msgspec.Struct, frozen=True):
    """One reason for the decision, free of language."""

    code: str
    """`altered`; `veto-` and `failed`, `known`, `excepted`, `ignored`, `unseen` or `not-judged`; `level-` and `missed`,
    `known`, `unproven` or `unmeasured`; `nothing-to-score`, `selection`, `score`, `coverage`; `drop`, `dropped`,
    `drop-unseen`; `new-failures`.
    """
    check: str = ""
    """A check, a level, or what was altered."""
    have: int | None = None
    """In tenths."""
    need: int | None = None


class Gate(msgspec.Struct, frozen=True):
    """The decision with its bars and reasons, and the exit code that goes with it."""

    verdict: Decision
    passed: bool
    exit_code: int
    today: str
    """The date the decision was made for, ISO 8601."""
    score_bar: Bar
    coverage_bar: Bar
    excepted: int
    """Tenths of a point that live exceptions add for the gate alone."""
    reasons: tuple[Reason, ...]
    new: tuple[New, ...] = ()
    """Failures that the base does not have."""
    known: int = 0
    """How many failures the base has as well."""
    gone: int = 0
    """How many failures of the base are no more."""
    fell: int | None = None
    """How far the score fell against the base's, in tenths; None where either has none."""


def gate(
    score: Score, profile: Profile, *, today: str, base: Base | None = None, changes: Sequence[Change] = ()
) -> Gate:
    """Decide, in the order blocked, below, unseen, passed; `changes` are those of a report that has no base.

    Against a base only what is new counts: a veto that failed there as well does not block, and a score under the bar
    is below only where it is also under the base's.
    """
    found = compared(base, score.judged) if base else Comparison((), 0, 0)
    anew = None if base is None else frozenset(one.failure.check for one in found.new)
    reasons = (
        *_altered((*(base.changes if base else ()), *changes)),
        *_vetoes(score, profile.vetoes, anew),
        *_levels(levels(profile, score), base, anew),
        *_numbers(score, profile),
        *_against(score, base, found.new),
    )
    decision = _decide(score, profile, {reason.code for reason in reasons}, base)
    return Gate(
        verdict=decision,
        passed=decision is Decision.PASSED,
        exit_code=EXIT_CODES[decision],
        today=today,
        score_bar=profile.score,
        coverage_bar=profile.coverage,
        excepted=score.excepted,
        reasons=reasons,
        new=found.new,
        known=found.known,
        gone=found.gone,
        fell=_fell(score, base),
    )


def _decide(score: Score, profile: Profile, codes: set[str], base: Base | None) -> Decision:
    if codes & BLOCKING:
        return Decision.BLOCKED
    if not score.numbered:
        return Decision.UNSEEN
    if codes & FALLING or _is_below(score, profile, base):
        return Decision.BELOW
    if codes & OPEN or not _covered(score.tally, profile):
        return Decision.UNSEEN
    return Decision.PASSED


def _is_below(score: Score, profile: Profile, base: Base | None) -> bool:
    bar = profile.score.minimum
    if base is not None and base.with_excepted is not None:
        bar = min(bar, base.with_excepted)
    value, high = _with_excepted(score)
    return high < bar or (_covered(score.tally, profile) and value < bar)


def _with_excepted(score: Score) -> tuple[int, int]:
    """Return the value and the high end that the gate compares: with what live exceptions let count."""
    tally, excepted = score.tally, score.excepted
    return tally.of_hundred(tally.earned + excepted), tally.of_hundred(tally.earned + tally.unseen + excepted)


def _covered(tally: Tally, profile: Profile) -> bool:
    return tally.coverage >= profile.coverage.minimum


def _altered(changes: Sequence[Change]) -> list[Reason]:
    return [Reason("altered", change.name) for change in changes if change.kind is Governed.REPORT]


def _vetoes(score: Score, vetoes: Sequence[str], anew: frozenset[str] | None) -> list[Reason]:
    """`anew` are the checks that fail where the base does not, None where there is no base."""
    found = [(check_id, _veto(score.of(check_id), anew)) for check_id in vetoes]
    return [Reason(f"veto-{standing}", check_id) for check_id, standing in found if standing]


def _veto(judged: Judged | None, anew: frozenset[str] | None) -> str:
    if judged is None:
        return "not-judged"
    if judged.failing and (anew is None or judged.check in anew):
        return "failed"
    if judged.open:
        return "unseen"
    if judged.failing:
        return "known"
    if judged.excused:
        return "excepted"
    return "ignored" if judged.ignored else ""


def _levels(measured: Sequence[Measured], base: Base | None, anew: frozenset[str] | None) -> list[Reason]:
    """A missed level is known where all that misses it lost points in the base as well, and nothing of it is new."""
    reasons: list[Reason] = []
    for one in measured:
        known = False
        if one.standing is Standing.MISSED and base is not None and anew is not None:
            known = base.lost.issuperset(one.because) and anew.isdisjoint(one.because)
        standing = "known" if known else one.standing.value
        if one.standing is not Standing.MET:
            reasons.append(Reason(f"level-{standing}", one.level.name))
    return reasons


def _numbers(score: Score, profile: Profile) -> list[Reason]:
    if not score.numbered:
        return [Reason("selection" if profile.selection else "nothing-to-score")]
    value, _ = _with_excepted(score)
    gaps = [finding.gap for one in score.judged for finding in one.findings if finding.gap is not None]
    return [
        *([Reason("interrupted")] if any(gap.why is Why.INTERRUPTED for gap in gaps) else []),
        Reason("score", have=value, need=profile.score.minimum),
        Reason("coverage", have=score.tally.coverage, need=profile.coverage.minimum),
    ]


def _against(score: Score, base: Base | None, new: Sequence[New]) -> list[Reason]:
    """Say what is new against the base, and how far the score fell.

    It fell too far only where that is proven: what was not seen may have made it fall, and leaves it open.
    """
    reasons = [Reason("new-failures", check) for check in dict.fromkeys(one.failure.check for one in new)]
    fell = _fell(score, base)
    if base is None or base.max_drop is None or fell is None or fell <= 0:
        return reasons
    proven = fell - (score.tally.high - score.tally.value)
    code = "drop" if fell <= base.max_drop else "dropped" if proven > base.max_drop else "drop-unseen"
    return [*reasons, Reason(code, have=fell, need=base.max_drop)]


def _fell(score: Score, base: Base | None) -> int | None:
    if base is None or base.value is None or not score.numbered:
        return None
    return base.value - score.tally.value
