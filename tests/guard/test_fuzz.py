"""A seeded share of `benchmarks/guard_fuzz.py`."""

from attacked import attacked
from guard_fuzzing import fuzz
from hostile_requests import cases

CASES = 1500


def test_hostile_requests_are_answered_and_nothing_dangerous_is_executed() -> None:
    with attacked() as target:
        tally = fuzz(target, cases(CASES, 20))

    assert tally.is_clean, "\n".join(tally.shown)
    assert tally.cases == CASES
    assert tally.answered > CASES / 20, "too few of them are let pass to try what lies behind"


def test_a_case_is_the_same_for_the_same_seed() -> None:
    assert list(cases(100, 7)) == list(cases(100, 7)) != list(cases(100, 8))
