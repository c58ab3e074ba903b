"""What a level does to the gate: missed is below, not proven is unseen, not measured is said and decides nothing."""

import pytest

from modelcheck.core.check import Finding, Outcome
from modelcheck.core.comparison import Base, Failure
from modelcheck.core.gate import Decision, Gate, Reason, gate
from modelcheck.core.profile import Bar, Level, Profile
from modelcheck.core.score import Judged, Score, Tally

BAR = Bar(700, "profile test")
GOOD, POOR = Tally(90, 100, 0), Tally(60, 100, 0)
RELIABILITY = Level("reliability", 9_500, "profile test")
SECURITY = Level("security", 10_000, "profile test", ("SEC-01",))


def judged(outcome: Outcome, earned: int = 0, unseen: int = 0) -> Judged:
    return Judged("SEC-01", outcome, 10, earned, unseen, 10, (Finding("open", outcome, subject="a server"),))


HOLDS, FAILS = judged(Outcome.PASS, 10), judged(Outcome.FAIL)
UNKNOWN = judged(Outcome.UNKNOWN, unseen=10)
KNOWN = Base("a folder", (Failure("SEC-01", "open", "a server", ""),), value=900, lost=frozenset({"SEC-01"}))
SOUND = Base("a folder", (), value=900)


def decided(
    *results: Judged,
    tally: Tally = GOOD,
    levels: tuple[Level, ...] = (SECURITY,),
    vetoes: tuple[str, ...] = (),
    numbered: bool = True,
    base: Base | None = None,
) -> Gate:
    profile = Profile("test", "", "2026-01-01", ("SEC-01",), vetoes, BAR, BAR, levels=levels)
    return gate(Score(results, (), tally, numbered), profile, today="2026-11-24", base=base)


def said(found: Gate) -> list[str]:
    return [reason.code for reason in found.reasons if reason.code.startswith("level-")]


@pytest.mark.parametrize(
    ("result", "verdict", "codes"),
    [
        (HOLDS, Decision.PASSED, []),
        (FAILS, Decision.BELOW, ["level-missed"]),
        (UNKNOWN, Decision.UNSEEN, ["level-unproven"]),
    ],
)
def test_a_level_decides_where_the_numbers_would_pass(result: Judged, verdict: Decision, codes: list[str]) -> None:
    found = decided(result)

    assert (found.verdict, said(found)) == (verdict, codes)


def test_a_level_that_nothing_judges_is_said_and_decides_nothing() -> None:
    found = decided(levels=(RELIABILITY, SECURITY))

    assert found.verdict is Decision.PASSED
    assert found.reasons[:2] == (Reason("level-unmeasured", "reliability"), Reason("level-unmeasured", "security"))


def test_a_veto_that_fails_comes_before_a_level_that_is_missed() -> None:
    found = decided(FAILS, vetoes=("SEC-01",))

    assert found.verdict is Decision.BLOCKED
    assert said(found) == ["level-missed"]


def test_too_few_points_come_before_a_level_that_is_not_proven() -> None:
    assert decided(UNKNOWN, tally=POOR).verdict is Decision.BELOW


def test_where_there_is_nothing_to_score_a_level_decides_nothing() -> None:
    assert decided(FAILS, numbered=False).verdict is Decision.UNSEEN


def test_against_a_base_a_level_that_was_missed_there_is_known() -> None:
    found = decided(FAILS, base=KNOWN)

    assert found.verdict is Decision.PASSED
    assert said(found) == ["level-known"]


def test_against_a_base_a_level_that_is_missed_anew_is_below() -> None:
    found = decided(FAILS, base=SOUND)

    assert found.verdict is Decision.BELOW
    assert said(found) == ["level-missed"]


def test_against_a_base_what_is_not_seen_is_not_called_known() -> None:
    found = decided(UNKNOWN, base=KNOWN)

    assert found.verdict is Decision.UNSEEN
    assert said(found) == ["level-unproven"]
