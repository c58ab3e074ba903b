"""The gate: one decision over a score, in a fixed order, with its reasons."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from modelcheck.core.profile import Bar, Profile
from modelcheck.core.score import Score, Tally


class Decision(StrEnum):
    """The one value of the gate."""

    BLOCKED = "blocked"
    """A veto failed."""
    BELOW = "below"
    """Too few points, and no unseen thing can change that."""
    UNSEEN = "unseen"
    """Too little was seen to decide."""
    PASSED = "passed"


EXIT_CODES = {Decision.BLOCKED: 1, Decision.BELOW: 1, Decision.UNSEEN: 3, Decision.PASSED: 0}


class Reason(msgspec.Struct, frozen=True):
    """One reason for the decision, free of language."""

    code: str
    """`veto-failed`, `veto-unseen`, `veto-not-judged`, `nothing-to-score`, `selection`, `score`, `coverage`."""
    check: str = ""
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
    """Points of live exceptions in tenths of the score; none exist in this version."""
    reasons: tuple[Reason, ...]


def gate(score: Score, profile: Profile, *, today: str) -> Gate:
    """Decide, in the order blocked, below, unseen, passed."""
    vetoes = _vetoes(score, profile.vetoes)
    reasons = (*vetoes, *_numbers(score, profile))
    decision = _decide(score, profile, vetoes)
    return Gate(
        verdict=decision,
        passed=decision is Decision.PASSED,
        exit_code=EXIT_CODES[decision],
        today=today,
        score_bar=profile.score,
        coverage_bar=profile.coverage,
        excepted=0,
        reasons=reasons,
    )


def _decide(score: Score, profile: Profile, vetoes: Sequence[Reason]) -> Decision:
    codes = {reason.code for reason in vetoes}
    if "veto-failed" in codes:
        return Decision.BLOCKED
    if not score.numbered:
        return Decision.UNSEEN
    tally, bar = score.tally, profile.score.minimum
    if tally.high < bar or (_covered(tally, profile) and tally.value < bar):
        return Decision.BELOW
    if "veto-unseen" in codes or not _covered(tally, profile):
        return Decision.UNSEEN
    return Decision.PASSED


def _covered(tally: Tally, profile: Profile) -> bool:
    return tally.coverage >= profile.coverage.minimum


def _vetoes(score: Score, vetoes: Sequence[str]) -> tuple[Reason, ...]:
    reasons: list[Reason] = []
    for check_id in vetoes:
        judged = score.of(check_id)
        if judged is None:
            reasons.append(Reason("veto-not-judged", check_id))
        elif judged.failing:
            reasons.append(Reason("veto-failed", check_id))
        elif judged.open:
            reasons.append(Reason("veto-unseen", check_id))
    return tuple(reasons)


def _numbers(score: Score, profile: Profile) -> tuple[Reason, ...]:
    if not score.numbered:
        return (Reason("selection" if profile.selection else "nothing-to-score"),)
    return (
        Reason("score", have=score.tally.value, need=profile.score.minimum),
        Reason("coverage", have=score.tally.coverage, need=profile.coverage.minimum),
    )
