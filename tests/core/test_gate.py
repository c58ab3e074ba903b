"""The gate decides in a fixed order: blocked, below, unseen, passed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.check import Finding, Outcome
from modelcheck.core.gate import EXIT_CODES, Decision, Gate, Reason, gate
from modelcheck.core.profile import Bar, Profile
from modelcheck.core.score import Judged, Score, Tally

TODAY = "2026-11-22"
SCORE_BAR, COVERAGE_BAR = Bar(700, "profile test"), Bar(750, "--min-coverage")
GOOD = Tally(earned=90, applicable=100, unseen=0)
POOR = Tally(earned=60, applicable=100, unseen=0)


def judged(check: str, *outcomes: Outcome) -> Judged:
    return Judged(check, Outcome.PARTIAL, 10, 0, 0, 10, tuple(Finding("x", outcome) for outcome in outcomes))


def decided(
    tally: Tally = GOOD, *results: Judged, vetoes: tuple[str, ...] = ("VET-01",), numbered: bool = True
) -> Gate:
    profile = Profile("test", "", "2026-01-01", (), vetoes, SCORE_BAR, COVERAGE_BAR)
    return gate(Score(results, (), tally, numbered), profile, today=TODAY)


HOLDS = judged("VET-01", Outcome.PASS)
FAILS = judged("VET-01", Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN)
OPEN = judged("VET-01", Outcome.PASS, Outcome.UNKNOWN)
EXEMPT = judged("VET-01", Outcome.NOT_APPLICABLE)


@pytest.mark.parametrize(
    ("tally", "veto", "numbered", "verdict"),
    [
        (GOOD, HOLDS, True, Decision.PASSED),
        (GOOD, EXEMPT, True, Decision.PASSED),
        (Tally(70, 100, 0), HOLDS, True, Decision.PASSED),
        (Tally(70, 100, 25), HOLDS, True, Decision.PASSED),
        (GOOD, FAILS, True, Decision.BLOCKED),
        (POOR, FAILS, True, Decision.BLOCKED),
        (Tally(0, 0, 0), FAILS, False, Decision.BLOCKED),
        (Tally(0, 100, 100), FAILS, True, Decision.BLOCKED),
        (POOR, HOLDS, True, Decision.BELOW),
        (POOR, OPEN, True, Decision.BELOW),
        (Tally(699, 1000, 0), HOLDS, True, Decision.BELOW),
        (Tally(69, 100, 25), HOLDS, True, Decision.BELOW),
        (Tally(10, 100, 50), HOLDS, True, Decision.BELOW),
        (Tally(10, 100, 50), OPEN, True, Decision.BELOW),
        (GOOD, OPEN, True, Decision.UNSEEN),
        (Tally(72, 100, 26), HOLDS, True, Decision.UNSEEN),
        (Tally(60, 100, 26), HOLDS, True, Decision.UNSEEN),
        (Tally(0, 100, 100), OPEN, True, Decision.UNSEEN),
        (GOOD, HOLDS, False, Decision.UNSEEN),
        (POOR, HOLDS, False, Decision.UNSEEN),
        (Tally(0, 0, 0), EXEMPT, False, Decision.UNSEEN),
    ],
)
def test_the_first_that_holds_decides(tally: Tally, veto: Judged, numbered: bool, verdict: Decision) -> None:
    assert decided(tally, veto, numbered=numbered).verdict is verdict


@pytest.mark.parametrize(("verdict", "code"), [("blocked", 1), ("below", 1), ("unseen", 3), ("passed", 0)])
def test_each_decision_has_its_exit_code(verdict: str, code: int) -> None:
    assert EXIT_CODES[Decision(verdict)] == code
    assert set(EXIT_CODES) == set(Decision)


def test_what_was_decided_says_by_what() -> None:
    found = decided(GOOD, HOLDS)

    assert (found.passed, found.exit_code, found.today, found.excepted) == (True, 0, TODAY, 0)
    assert (found.score_bar, found.coverage_bar) == (SCORE_BAR, COVERAGE_BAR)
    assert found.reasons == (
        Reason("score", have=900, need=700),
        Reason("coverage", have=1000, need=750),
    )


def test_every_veto_that_does_not_hold_is_a_reason() -> None:
    results = (FAILS, judged("VET-02", Outcome.UNKNOWN), judged("VET-03", Outcome.PASS))
    found = decided(GOOD, *results, vetoes=("VET-01", "VET-02", "VET-03", "VET-04"))

    assert [(reason.code, reason.check) for reason in found.reasons[:3]] == [
        ("veto-failed", "VET-01"),
        ("veto-unseen", "VET-02"),
        ("veto-not-judged", "VET-04"),
    ]
    assert (found.verdict, found.passed, found.exit_code) == (Decision.BLOCKED, False, 1)


def test_a_veto_that_is_not_judged_neither_blocks_nor_counts_as_unseen() -> None:
    found = decided(GOOD, vetoes=("VET-09",))

    assert found.verdict is Decision.PASSED
    assert found.reasons[0] == Reason("veto-not-judged", "VET-09")


def test_a_selection_of_checks_is_a_reason_of_its_own() -> None:
    profile = Profile("test", "", "2026-01-01", (), (), SCORE_BAR, COVERAGE_BAR, selection=True)
    found = gate(Score((), (), GOOD, numbered=False), profile, today=TODAY)

    assert found.reasons[-1] == Reason("selection")
    assert found.verdict is Decision.UNSEEN


def test_where_there_is_nothing_to_score_no_number_is_a_reason() -> None:
    found = decided(Tally(0, 0, 0), numbered=False, vetoes=())

    assert found.reasons == (Reason("nothing-to-score"),)
    assert (found.verdict, found.exit_code) == (Decision.UNSEEN, 3)


def test_a_check_that_is_no_veto_never_blocks() -> None:
    assert decided(GOOD, judged("TST-01", Outcome.FAIL), vetoes=()).passed


tallies = st.tuples(st.integers(0, 200), st.integers(0, 200), st.integers(0, 200)).map(
    lambda parts: Tally(parts[0], sum(parts), parts[2])
)


@given(tallies, st.sampled_from([HOLDS, FAILS, OPEN, EXEMPT]), st.booleans())
def test_what_passes_has_enough_of_everything(tally: Tally, veto: Judged, numbered: bool) -> None:
    found = decided(tally, veto, numbered=numbered)

    enough = tally.value >= 700 and tally.coverage >= 750
    assert found.passed == (numbered and enough and not veto.failing and not veto.open)
    assert found.passed == (found.exit_code == 0) == (found.verdict is Decision.PASSED)
    assert (found.verdict is Decision.BLOCKED) == veto.failing


@given(tallies, st.data())
def test_below_is_final_whatever_is_seen_later(tally: Tally, data: st.DataObject) -> None:
    if tally.high >= 700 or decided(tally, HOLDS).verdict is not Decision.BELOW:
        return
    earned = data.draw(st.integers(0, tally.unseen))
    later = Tally(tally.earned + earned, tally.applicable, data.draw(st.integers(0, tally.unseen - earned)))

    assert not decided(later, HOLDS).passed
