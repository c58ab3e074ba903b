"""A level that rests on checks is their conjunction; one that trials measure is not read out of a score."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from modelcheck.core.check import Finding, Outcome
from modelcheck.core.levels import Measured, Standing, levels
from modelcheck.core.profile import Bar, Level, Profile
from modelcheck.core.score import Judged, Score, Tally

SECURITY = Level("security", 10_000, "profile test", ("SEC-01", "SEC-02"))
AVAILABILITY = Level("availability", 9_990, "profile test")


def judged(check: str, outcome: Outcome, earned: int = 0, unseen: int = 0, points: int = 10) -> Judged:
    applicable = 0 if outcome is Outcome.NOT_APPLICABLE else points
    return Judged(check, outcome, points, earned, unseen, applicable, (Finding("x", outcome),))


def passing(check: str) -> Judged:
    return judged(check, Outcome.PASS, 10)


def failing(check: str) -> Judged:
    return judged(check, Outcome.FAIL)


def unseen(check: str) -> Judged:
    return judged(check, Outcome.UNKNOWN, unseen=10)


def measured(*results: Judged, level: Level = SECURITY) -> Measured:
    bar = Bar(700, "profile test")
    profile = Profile("test", "", "2026-01-01", (), (), bar, bar, levels=(level,))
    (one,) = levels(profile, Score(results, (), Tally.of(results), numbered=True))
    return one


ONE, TWO = "SEC-01", "SEC-02"


@pytest.mark.parametrize(
    ("results", "standing", "because"),
    [
        ((passing(ONE), passing(TWO)), Standing.MET, ()),
        ((passing(ONE), judged(TWO, Outcome.NOT_APPLICABLE)), Standing.MET, ()),
        ((passing(ONE), failing(TWO)), Standing.MISSED, (TWO,)),
        ((failing(ONE), failing(TWO)), Standing.MISSED, (ONE, TWO)),
        ((passing(ONE), judged(TWO, Outcome.PARTIAL, 9)), Standing.MISSED, (TWO,)),
        ((passing(ONE), judged(TWO, Outcome.PARTIAL, 3, 6)), Standing.MISSED, (TWO,)),
        ((passing(ONE), judged(TWO, Outcome.PARTIAL, 3, 7)), Standing.UNPROVEN, (TWO,)),
        ((passing(ONE), unseen(TWO)), Standing.UNPROVEN, (TWO,)),
        ((failing(ONE), unseen(TWO)), Standing.MISSED, (ONE,)),
        ((passing(ONE),), Standing.UNMEASURED, (TWO,)),
        ((failing(ONE),), Standing.MISSED, (ONE,)),
        ((unseen(ONE),), Standing.UNPROVEN, (ONE,)),
        ((), Standing.UNMEASURED, (ONE, TWO)),
        ((passing("SEC-09"),), Standing.UNMEASURED, (ONE, TWO)),
    ],
)
def test_a_conjunction_stands_where_its_worst_check_stands(
    results: tuple[Judged, ...], standing: Standing, because: tuple[str, ...]
) -> None:
    assert measured(*results) == Measured(SECURITY, standing, because)


def test_a_check_that_fails_keeps_a_level_from_being_met_also_where_it_weighs_nothing() -> None:
    weightless = judged(TWO, Outcome.FAIL, points=0)

    assert measured(passing(ONE), weightless) == Measured(SECURITY, Standing.MISSED, (TWO,))


def test_a_finding_that_was_not_seen_keeps_it_open_also_where_it_weighs_nothing() -> None:
    weightless = judged(TWO, Outcome.UNKNOWN, points=0)

    assert measured(passing(ONE), weightless) == Measured(SECURITY, Standing.UNPROVEN, (TWO,))


def test_a_level_that_is_met_names_the_checks_of_which_findings_are_ignored() -> None:
    ignoring = replace(passing(TWO), ignored=(Finding("x", Outcome.FAIL),))

    assert measured(passing(ONE), ignoring) == Measured(SECURITY, Standing.MET, (TWO,))
    assert measured(failing(ONE), ignoring) == Measured(SECURITY, Standing.MISSED, (ONE,))


def test_what_trials_measure_is_not_measured_however_well_all_stands() -> None:
    assert measured(passing(ONE), level=AVAILABILITY) == Measured(AVAILABILITY, Standing.UNMEASURED)
    assert measured(failing(ONE), level=AVAILABILITY) == Measured(AVAILABILITY, Standing.UNMEASURED)


def test_each_level_of_a_profile_is_told_in_its_order() -> None:
    bar = Bar(700, "profile test")
    profile = Profile("test", "", "2026-01-01", (), (), bar, bar, levels=(AVAILABILITY, SECURITY))
    found = levels(profile, Score((), (), Tally(0, 0, 0), numbered=False))

    assert [one.level for one in found] == [AVAILABILITY, SECURITY]


Made = Callable[[str], Judged]
results = st.sampled_from([passing, failing, unseen])


@given(results, results)
def test_one_that_is_not_seen_never_makes_a_level_better(first: Made, second: Made) -> None:
    before = measured(first(ONE), second(TWO)).standing
    after = measured(first(ONE), unseen(TWO)).standing

    assert after is not Standing.MET
    assert before is not Standing.MET or after is Standing.UNPROVEN


@given(results)
def test_one_that_is_not_judged_never_makes_a_level_met(first: Made) -> None:
    assert measured(first(ONE)).standing is not Standing.MET
