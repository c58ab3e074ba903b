"""The gate decides in a fixed order: blocked, below, unseen, passed."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.check import Finding, Outcome
from modelcheck.core.comparison import Base, Failure
from modelcheck.core.gate import EXIT_CODES, Decision, Gate, Reason, gate
from modelcheck.core.profile import Bar, Level, Profile
from modelcheck.core.rulebook import Change, Governed
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


LEVEL = Level("security", 10_000, "profile test", ("VET-01", "VET-02"))


def held(
    base: Base,
    tally: Tally = GOOD,
    *results: Judged,
    vetoes: tuple[str, ...] = ("VET-01",),
    levels: tuple[Level, ...] = (),
    numbered: bool = True,
) -> Gate:
    profile = Profile("test", "", "2026-01-01", (), vetoes, SCORE_BAR, COVERAGE_BAR, levels=levels)
    return gate(Score(results, (), tally, numbered), profile, today=TODAY, base=base)


def codes(found: Gate) -> list[tuple[str, str]]:
    return [(reason.code, reason.check) for reason in found.reasons if reason.code not in {"score", "coverage"}]


def same(lost: frozenset[str] = frozenset()) -> Base:
    """A base in which VET-01 fails as well."""
    return Base("folder", (Failure("VET-01", "x", "", ""),), 900, 900, lost=lost)


CLEAN = Base("folder", (), 900, 900)
BROKEN = judged("VET-01", Outcome.PASS, Outcome.FAIL)


def test_a_veto_that_fails_in_the_base_as_well_does_not_block() -> None:
    found = held(same(), GOOD, BROKEN)

    assert (found.verdict, codes(found)) == (Decision.PASSED, [("veto-known", "VET-01")])
    assert (found.new, found.known, found.gone) == ((), 1, 0)


def test_a_known_veto_that_was_not_wholly_seen_is_open() -> None:
    assert (held(same(), GOOD, FAILS).verdict, codes(held(same(), GOOD, FAILS))) == (
        Decision.UNSEEN,
        [("veto-unseen", "VET-01")],
    )


def test_a_veto_that_fails_anew_blocks() -> None:
    found = held(CLEAN, GOOD, BROKEN)

    assert (found.verdict, codes(found)) == (
        Decision.BLOCKED,
        [("veto-failed", "VET-01"), ("new-failures", "VET-01")],
    )
    assert held(same(), GOOD, judged("VET-01", Outcome.FAIL, Outcome.FAIL)).verdict is Decision.BLOCKED


def test_a_new_failure_of_any_check_is_below() -> None:
    found = held(CLEAN, GOOD, judged("TST-01", Outcome.FAIL), vetoes=())

    assert (found.verdict, codes(found)) == (Decision.BELOW, [("new-failures", "TST-01")])


def test_a_report_that_does_not_add_up_blocks_and_other_edits_do_not() -> None:
    edits = [Change(kind, kind.value, "a", "b") for kind in Governed]
    found = held(Base("folder", (), 900, 900, changes=tuple(edits)), GOOD, HOLDS)
    alone = gate(
        Score((HOLDS,), (), GOOD, True),
        Profile("test", "", "", (), (), SCORE_BAR, COVERAGE_BAR),
        today=TODAY,
        changes=edits,
    )

    assert (found.verdict, codes(found)) == (Decision.BLOCKED, [("altered", "report")])
    assert (alone.verdict, codes(alone)) == (Decision.BLOCKED, [("altered", "report")])
    assert held(Base("folder", (), 900, 900, changes=tuple(edits[:-1])), GOOD, HOLDS).passed


@pytest.mark.parametrize(
    ("base", "tally", "verdict"),
    [
        (600, Tally(60, 100, 0), Decision.PASSED),
        (600, Tally(599, 1000, 0), Decision.BELOW),
        (600, Tally(65, 100, 0), Decision.PASSED),
        (600, Tally(55, 100, 10), Decision.BELOW),
        (600, Tally(55, 100, 30), Decision.UNSEEN),
        (900, Tally(69, 100, 0), Decision.BELOW),
        (900, Tally(70, 100, 0), Decision.PASSED),
        (None, Tally(69, 100, 0), Decision.BELOW),
    ],
)
def test_a_score_under_the_bar_is_below_only_where_it_is_under_the_base_s(
    base: int | None, tally: Tally, verdict: Decision
) -> None:
    assert held(Base("folder", (), base, base), tally, HOLDS).verdict is verdict


def test_points_that_an_exception_lets_count_are_compared_with_those_of_the_base() -> None:
    excepted = Judged("TST-01", Outcome.FAIL, 10, 0, 0, 10, (), excepted=2)
    base = Base("folder", (), 600, 620)

    assert held(base, Tally(60, 100, 0), HOLDS, excepted).passed
    assert held(base, Tally(59, 100, 0), HOLDS, excepted).verdict is Decision.BELOW


@pytest.mark.parametrize(
    ("tally", "code", "verdict"),
    [
        (Tally(85, 100, 0), "drop", Decision.PASSED),
        (Tally(849, 1000, 0), "dropped", Decision.BELOW),
        (Tally(80, 100, 4), "dropped", Decision.BELOW),
        (Tally(80, 100, 5), "drop-unseen", Decision.UNSEEN),
        (Tally(80, 100, 20), "drop-unseen", Decision.UNSEEN),
        (Tally(90, 100, 0), None, Decision.PASSED),
        (Tally(95, 100, 0), None, Decision.PASSED),
    ],
)
def test_a_drop_counts_only_where_it_is_proven(tally: Tally, code: str | None, verdict: Decision) -> None:
    found = held(Base("folder", (), 900, 900, max_drop=50), tally, HOLDS)

    fell = 900 - tally.value
    assert [one for one in found.reasons if one.code.startswith("drop")] == (
        [Reason(code, have=fell, need=50)] if code else []
    )
    assert (found.verdict, found.fell) == (verdict, fell)


def test_without_a_number_on_either_side_nothing_fell() -> None:
    assert held(Base("folder", (), None, max_drop=1), GOOD, HOLDS).fell is None
    assert held(Base("folder", (), 900, 900, max_drop=1), GOOD, HOLDS, numbered=False).fell is None
    assert held(Base("folder", (), 990, 990), GOOD, HOLDS).passed


LOSES = Judged("VET-02", Outcome.PARTIAL, 10, 5, 0, 10, (Finding("x", Outcome.PARTIAL),))


def test_a_level_is_known_to_be_missed_only_where_the_base_lost_the_same() -> None:
    known = held(same(lost=frozenset({"VET-02"})), GOOD, HOLDS_ALL, LOSES, levels=(LEVEL,))
    new = held(same(), GOOD, HOLDS_ALL, LOSES, levels=(LEVEL,))

    assert (
        codes(held(same(), GOOD, HOLDS_ALL, msgspec.structs.replace(HOLDS_ALL, check="VET-02"), levels=(LEVEL,))) == []
    )
    assert ("level-known", "security") in codes(known)
    assert known.passed
    assert ("level-missed", "security") in codes(new)
    assert new.verdict is Decision.BELOW


HOLDS_ALL = Judged("VET-01", Outcome.PASS, 10, 10, 0, 10, (Finding("x", Outcome.PASS),))


@given(tallies, st.integers(0, 1000), st.integers(0, 300), st.data())
def test_what_dropped_for_certain_has_dropped_whatever_is_seen_later(
    tally: Tally, value: int, most: int, data: st.DataObject
) -> None:
    base = Base("folder", (), value, value, max_drop=most)
    before = {reason.code for reason in held(base, tally, HOLDS).reasons}
    earned = data.draw(st.integers(0, tally.unseen))
    later = Tally(tally.earned + earned, tally.applicable, data.draw(st.integers(0, tally.unseen - earned)))
    after = {reason.code for reason in held(base, later, HOLDS).reasons}

    if "dropped" in before:
        assert "dropped" in after
    if not before & {"dropped", "drop-unseen"}:
        assert not after & {"dropped", "drop-unseen"}
