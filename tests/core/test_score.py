"""Verdicts become points, points parts, parts one number: floors of exact fractions that add up as printed."""

from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.check import Check, Finding, Outcome, Verdict, check, unknown
from modelcheck.core.facts import Facts, Place
from modelcheck.core.gap import Gap, Why
from modelcheck.core.part import Part, Planned
from modelcheck.core.profile import Bar, Profile
from modelcheck.core.project import Engine, Reference, References, Role, Target
from modelcheck.core.score import LEAST_APPLICABLE, Judged, Tally, points, score

GAP = Gap(Why.TIMED_OUT, about="5 s")
TARGET = Target("x", "ollama", Engine.OLLAMA, "one", "x", cloud_name=False, hosted=False, at=Place("config.json", 1))
NAMED = Facts({References: References((Reference(TARGET, Role.PRIMARY, "writer"),))})
NOT_APPLICABLE = Verdict(Outcome.NOT_APPLICABLE, Fraction(0), Fraction(0), ())


def verdict_of(low: Fraction, high: Fraction) -> Verdict:
    if low == 0 and high == 1:
        return unknown(GAP)
    outcome = Outcome.PASS if low == 1 else Outcome.FAIL if high == 0 else Outcome.PARTIAL
    return Verdict(outcome, low, high, ())


shares = st.fractions(0, 1, max_denominator=60)
verdicts = st.one_of(
    st.tuples(shares, shares).map(lambda pair: verdict_of(min(pair), max(pair))), st.just(NOT_APPLICABLE)
)
worths = st.integers(1, 60)
rows = st.lists(st.tuples(worths, verdicts), min_size=1, max_size=6)


def worth(id: str, tenths: int, found: Verdict) -> Check[...]:
    def judge() -> Verdict:
        return found

    return check(id, f"title of {id}", points=tenths / 10, fix="Mend.", says={})(judge)


def part_of(id: str, found: list[tuple[int, Verdict]]) -> Part:
    checks = tuple(worth(f"{id}-{number:02}", tenths, one) for number, (tenths, one) in enumerate(found))
    return Part(id, id, sum(check.points for check in checks), checks)


def profile_of(*ids: str) -> Profile:
    return Profile("test", "", "2026-01-01", ids, (), Bar(700, "test"), Bar(750, "test"))


def everything(parts: list[Part]) -> Profile:
    return profile_of(*(check.id for part in parts for check in part.checks))


@given(worths, verdicts)
def test_points_are_floors_and_the_rest_is_unseen(tenths: int, found: Verdict) -> None:
    judged = points(worth("TST-01", tenths, found), found)

    assert judged.points == tenths
    if found is NOT_APPLICABLE:
        assert (judged.applicable, judged.earned, judged.unseen) == (0, 0, 0)
    else:
        assert judged.applicable == tenths
        assert judged.earned <= tenths * found.low < judged.earned + 1
        assert judged.earned + judged.unseen <= tenths * found.high < judged.earned + judged.unseen + 1


@pytest.mark.parametrize(
    ("tenths", "low", "high", "earned", "unseen"),
    [
        (15, Fraction(1), Fraction(1), 15, 0),
        (15, Fraction(1, 2), Fraction(1, 2), 7, 0),
        (25, Fraction(2, 3), Fraction(1), 16, 9),
        (35, Fraction(0), Fraction(1), 0, 35),
        (10, Fraction(29, 30), Fraction(29, 30), 9, 0),
        (5, Fraction(1, 7), Fraction(6, 7), 0, 4),
    ],
)
def test_no_tenth_is_given_before_it_is_earned(
    tenths: int, low: Fraction, high: Fraction, earned: int, unseen: int
) -> None:
    judged = points(worth("TST-01", tenths, NOT_APPLICABLE), verdict_of(low, high))

    assert (judged.earned, judged.unseen) == (earned, unseen)


@given(st.lists(rows, min_size=1, max_size=3))
def test_checks_add_up_to_parts_and_parts_to_the_total_as_printed(found: list[list[tuple[int, Verdict]]]) -> None:
    parts = [part_of(f"P{number}", one) for number, one in enumerate(found)]
    total = score(parts, everything(parts), NAMED)
    tallies = [Tally.of([one for one in total.judged if one.check.startswith(f"{part.id}-")]) for part in parts]

    for sum_of in ("earned", "applicable", "unseen"):
        printed = [f"{getattr(tally, sum_of) / 10:.1f}" for tally in tallies]
        assert sum(map(Fraction, printed), Fraction(0)) == Fraction(f"{getattr(total.tally, sum_of) / 10:.1f}")
    for one in total.judged:
        assert min(one.earned, one.unseen, one.applicable - one.earned - one.unseen) >= 0


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000))
def test_the_number_is_one_division_floored_to_a_tenth(earned: int, lost: int, unseen: int) -> None:
    tally = Tally(earned, earned + lost + unseen, unseen)

    if not tally.applicable:
        assert (tally.value, tally.high, tally.coverage) == (0, 0, 0)
        return
    for value, tenths in (
        (tally.value, earned),
        (tally.high, earned + unseen),
        (tally.coverage, earned + lost),
    ):
        assert Fraction(value, 10) <= Fraction(100 * tenths, tally.applicable) < Fraction(value + 1, 10)
    assert 0 <= tally.value <= tally.high <= 1000


def test_the_example_of_the_design_is_printed_as_it_is_there() -> None:
    tally = Tally(earned=720, applicable=800, unseen=45)

    assert (tally.value, tally.high, tally.coverage) == (900, 956, 943)


def test_a_hundred_is_only_all_of_it() -> None:
    assert Tally(earned=999, applicable=1000, unseen=0).value == 999
    assert Tally(earned=19_999, applicable=20_000, unseen=0).value == 999
    assert Tally(earned=20_000, applicable=20_000, unseen=0).value == 1000


def test_only_what_the_profile_lists_is_judged_and_all_is_shown() -> None:
    part = Part(
        "TST",
        "Tests",
        40,
        (worth("TST-01", 10, verdict_of(Fraction(1), Fraction(1))), worth("TST-02", 10, NOT_APPLICABLE)),
        (Planned("TST-03", "Later", 10), Planned("TST-04", "Later still", 10)),
    )
    found = score([part], profile_of("TST-01", "TST-03"), NAMED)

    assert [one.check for one in found.judged] == ["TST-01"]
    assert [(one.id, one.judged, one.why_not) for one in found.standings] == [
        ("TST-01", True, ""),
        ("TST-02", False, "out-of-scope"),
        ("TST-03", False, "planned"),
        ("TST-04", False, "out-of-scope"),
    ]
    assert found.tally == Tally(earned=10, applicable=10, unseen=0)
    one = found.of("TST-01")
    assert one is not None
    assert (one.points, one.outcome) == (10, Outcome.PASS)
    assert found.of("TST-02") is None


def numbered(*found: tuple[int, Verdict], facts: Facts = NAMED, selection: bool = False) -> bool:
    parts = [part_of("TST", list(found))]
    profile = msgspec.structs.replace(everything(parts), selection=selection)
    return score(parts, profile, facts).numbered


SURE = verdict_of(Fraction(0), Fraction(0))
HALF_SEEN = verdict_of(Fraction(1, 2), Fraction(1))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([(LEAST_APPLICABLE, SURE)], True),
        ([(LEAST_APPLICABLE - 1, SURE)], False),
        ([(LEAST_APPLICABLE - 1, SURE), (1, HALF_SEEN)], True),
        ([(LEAST_APPLICABLE - 1, SURE), (60, unknown(GAP))], False),
        ([(LEAST_APPLICABLE - 1, SURE), (60, NOT_APPLICABLE)], False),
        ([(60, NOT_APPLICABLE)], False),
    ],
    ids=["enough", "too few", "half seen counts", "unseen does not", "exempt does not", "nothing"],
)
def test_there_is_a_number_only_when_enough_points_apply_for_certain(
    found: list[tuple[int, Verdict]], expected: bool
) -> None:
    assert numbered(*found) is expected


@pytest.mark.parametrize(
    "facts",
    [Facts({References: References(())}), Facts({References: GAP}), Facts({})],
    ids=["none named", "not seen", "not looked for"],
)
def test_there_is_no_number_unless_it_is_proven_that_a_model_is_named(facts: Facts) -> None:
    assert numbered((LEAST_APPLICABLE, SURE))
    assert not numbered((LEAST_APPLICABLE, SURE), facts=facts)


def test_a_selection_of_checks_has_no_number() -> None:
    assert not numbered((LEAST_APPLICABLE, SURE), selection=True)


def test_a_result_knows_whether_it_fails_and_whether_it_is_open() -> None:
    def result(*outcomes: Outcome) -> Judged:
        findings = tuple(Finding("x", outcome) for outcome in outcomes)
        return Judged("TST-01", Outcome.PARTIAL, 10, 0, 0, 10, findings)

    assert [
        (one.failing, one.open)
        for one in (
            result(Outcome.PASS),
            result(Outcome.PASS, Outcome.FAIL),
            result(Outcome.PASS, Outcome.UNKNOWN),
            result(Outcome.FAIL, Outcome.UNKNOWN),
            result(Outcome.PARTIAL, Outcome.NOT_APPLICABLE),
        )
    ] == [(False, False), (True, False), (False, True), (True, True), (False, False)]
