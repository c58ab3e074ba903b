"""What gives points back: each point that was not earned has one line, and one line only."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.actions import EXPLAIN, MOST_NAMED, Action, actions
from modelcheck.core.check import Check, Effort, Finding, Outcome, Verdict, check, passed
from modelcheck.core.gap import Gap, Why
from modelcheck.core.score import Judged, points


def never() -> Verdict:
    return passed("never")


def worth(id: str, tenths: int, effort: Effort = Effort.MINUTES) -> Check[...]:
    return check(id, id, points=tenths / 10, fix=f"Mend {id}.", says={}, effort=effort)(never)


def unseen(*gaps: Gap | None) -> tuple[Finding, ...]:
    return tuple(Finding("unseen", Outcome.UNKNOWN, gap=gap) for gap in gaps)


def result(id: str, earned: int, unseen_points: int, lost: int, *gaps: Gap | None) -> Judged:
    applicable = earned + unseen_points + lost
    return Judged(id, Outcome.PARTIAL, applicable, earned, unseen_points, applicable, unseen(*gaps))


def listed(*judged: Judged, effort: Effort = Effort.MINUTES) -> tuple[Action, ...]:
    return actions(judged, {one.check: worth(one.check, one.points, effort) for one in judged})


TRIAL = Gap(Why.NOT_LOADED, about="qwen", hint="--there")
OTHER_TRIAL = Gap(Why.NOT_LOADED, about="phi", hint="--there")
NO_KEY = Gap(Why.NO_KEY, about="openai", hint="export OPENAI_API_KEY=…")
SILENT = Gap(Why.NOT_ANSWERED, about="one")


def test_where_all_is_earned_there_is_nothing_to_do() -> None:
    assert listed(result("TST-01", 10, 0, 0)) == ()


def test_lost_points_come_back_by_the_fix_of_their_check() -> None:
    assert listed(result("TST-01", 3, 0, 7)) == (Action("fix", 7, ("TST-01",), Effort.MINUTES, fix="Mend TST-01."),)


def test_the_cheapest_points_come_first() -> None:
    judged = [result("TST-01", 0, 0, 100), result("TST-02", 0, 0, 11), result("TST-03", 0, 0, 300)]
    efforts = {"TST-01": Effort.HOURS, "TST-02": Effort.MINUTES, "TST-03": Effort.DAYS}
    found = actions(judged, {id: worth(id, 300, effort) for id, effort in efforts.items()})

    assert [(action.checks, action.gives) for action in found] == [
        (("TST-02",), 11),
        (("TST-01",), 100),
        (("TST-03",), 300),
    ]


def test_points_of_one_cost_stand_in_the_order_of_their_checks() -> None:
    found = listed(result("TST-02", 0, 0, 5), result("TST-01", 0, 0, 5))

    assert [action.checks for action in found] == [("TST-01",), ("TST-02",)]


def test_one_cause_of_several_checks_is_one_line() -> None:
    found = listed(result("TST-01", 0, 30, 0, NO_KEY), result("TST-02", 0, 20, 0, NO_KEY))

    assert found == (Action("show", 50, ("TST-01", "TST-02"), Effort.MINUTES, gap=NO_KEY),)


def test_causes_that_one_option_would_show_are_one_line_that_names_them() -> None:
    found = listed(result("TST-01", 0, 30, 0, TRIAL, OTHER_TRIAL))

    assert found == (Action("show", 30, ("TST-01",), Effort.MINUTES, gap=Gap(Why.NOT_LOADED, "qwen, phi", "--there")),)


def test_a_line_names_no_more_than_a_few() -> None:
    models = [Gap(Why.NOT_LOADED, about=f"model {number}", hint="--there") for number in range(MOST_NAMED + 1)]
    (found,) = listed(result("TST-01", 0, 30, 0, *models))
    (fewer,) = listed(result("TST-01", 0, 30, 0, *models[:MOST_NAMED]))

    assert found.gap is not None
    assert found.gap.about == "model 0, model 1, model 2, …"
    assert fewer.gap is not None
    assert fewer.gap.about == "model 0, model 1, model 2"


def test_several_causes_of_one_check_share_its_points_by_their_subjects() -> None:
    found = listed(result("TST-01", 0, 30, 0, SILENT, SILENT, NO_KEY))

    assert [(action.gives, action.gap) for action in found] == [(20, SILENT), (10, NO_KEY)]


def test_shares_are_whole_tenths_that_add_up() -> None:
    found = listed(result("TST-01", 0, 10, 0, SILENT, NO_KEY, TRIAL))

    assert sorted(action.gives for action in found) == [3, 3, 4]


def test_a_cause_that_would_give_nothing_is_not_listed() -> None:
    found = listed(result("TST-01", 0, 1, 0, SILENT, NO_KEY))

    assert [action.gives for action in found] == [1]
    assert listed(result("TST-01", 10, 0, 0, SILENT)) == ()


def test_points_that_were_not_seen_for_no_stated_cause_are_listed_under_their_check() -> None:
    assert listed(result("TST-01", 0, 10, 0, None)) == (
        Action("show", 10, ("TST-01",), Effort.MINUTES, gap=Gap(Why.NOT_RECORDED, about="TST-01")),
    )


def test_what_would_show_most_comes_first_and_after_all_fixes() -> None:
    found = listed(result("TST-01", 0, 5, 1, SILENT), result("TST-02", 0, 30, 0, NO_KEY))

    assert [(action.kind, action.gives) for action in found] == [("fix", 1), ("show", 30), ("show", 5)]


gaps = st.sampled_from(
    [TRIAL, OTHER_TRIAL, NO_KEY, SILENT, Gap(Why.OFFLINE), Gap(Why.NOT_DECLARED, "x", "expect: {x: 1}"), None]
)
shares = st.fractions(0, 1, max_denominator=30)


@given(
    st.lists(
        st.tuples(st.integers(1, 60), st.tuples(shares, shares), st.lists(gaps, max_size=6), st.booleans()), max_size=8
    )
)
def test_every_point_that_was_not_earned_is_listed_once(
    rows: list[tuple[int, tuple[Fraction, Fraction], list[Gap | None], bool]],
) -> None:
    judged: list[Judged] = []
    for number, (tenths, pair, found, applies) in enumerate(rows):
        outcome = Outcome.PARTIAL if applies else Outcome.NOT_APPLICABLE
        judged.append(points(worth(f"TST-{number:02}", tenths), Verdict(outcome, min(pair), max(pair), unseen(*found))))

    listing = listed(*judged)
    shown = sum(action.gives for action in listing if action.kind == "show")
    mended = sum(action.gives for action in listing if action.kind == "fix")

    assert shown == sum(one.unseen for one in judged)
    assert mended == sum(one.applicable - one.earned - one.unseen for one in judged)
    assert all(action.gives > 0 for action in listing)
    assert all((action.gap is None) == (action.kind == "fix") for action in listing)


@pytest.mark.parametrize("effort", Effort)
def test_every_effort_has_its_weight(effort: Effort) -> None:
    (found,) = listed(result("TST-01", 0, 0, 5), effort=effort)

    assert found.effort is effort


PEAK = Gap(Why.NOT_DECLARED, about="the peak", hint="expect: {requests_per_minute: 20}")
LIMITS = Gap(Why.NOT_DECLARED, about="the limits", hint="cloud: {limits: {openai: {requests: 50}}}")
ADDRESS = Gap(Why.NOT_DECLARED, about="the address", hint="--endpoint x=URL")
SECTION = Gap(Why.NOT_DECLARED, about="a section", hint='"model_providers": {"x": {}}')


def test_all_that_settings_would_show_is_one_line_with_each_of_its_lines() -> None:
    found = listed(result("TST-01", 0, 30, 0, PEAK, LIMITS), result("TST-02", 0, 20, 0, PEAK))

    assert found == (
        Action(
            "show",
            50,
            ("TST-01", "TST-02"),
            Effort.MINUTES,
            gap=Gap(Why.NOT_DECLARED, "the peak, the limits", EXPLAIN),
            hints=(PEAK.hint, LIMITS.hint),
        ),
    )


def test_one_line_of_settings_is_shown_as_it_is() -> None:
    (found,) = listed(result("TST-01", 0, 30, 0, PEAK))

    assert (found.gap, found.hints) == (PEAK, (PEAK.hint,))


def test_what_is_declared_elsewhere_is_no_line_of_settings() -> None:
    found = listed(result("TST-01", 0, 30, 0, PEAK, ADDRESS, SECTION))

    assert [action.hints for action in found if action.gap != PEAK] == [(), ()]
    assert len(found) == 3
