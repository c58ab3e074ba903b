"""The catalogue as a whole: what is judged and what is planned add up to 100 points, and profiles name only these."""

import string
from itertools import pairwise

import pytest

from modelcheck.app.catalogue import PARTS, parts
from modelcheck.core.check import Check
from modelcheck.core.part import Part, Planned
from modelcheck.profiles.shipped import names, profile

BUDGETS = {"CFG": 20, "OLL": 30, "CLD": 20, "INT": 15, "PRF": 15}
POINTS = {
    "CFG": (1.5, 1.5, 4, 2.5, 1.5, 1.5, 2.5, 1, 1.5, 1.5, 1),
    "OLL": (1.5, 2.5, 3, 2.5, 3.5, 3.5, 2.5, 1.5, 2, 2, 2, 1.5, 2),
    "CLD": (2, 3, 3, 2.5, 1, 1.5, 1.5, 1.5, 1.5, 1, 1, 0.5),
    "INT": (2, 1, 1.5, 1.5, 1, 1.5, 1, 1.5, 1, 0.5, 0.5, 1, 1),
    "PRF": (2.5, 2, 1, 2, 2, 1.5, 1, 0.5, 1, 0.5, 0.5, 0.5),
}
"""What each check is worth, from -01 on."""
PLANNED = [
    *("CFG-02", "CFG-04", "CLD-11"),
    *("INT-02", "INT-03", "INT-04", "INT-05", "INT-06", "INT-08", "INT-09", "INT-10", "INT-11", "INT-12"),
    *(f"PRF-{number:02}" for number in range(1, 13)),
]
VETOES = {"CFG-03", "CFG-04", "OLL-03", "INT-07"}
CHECKS = [check for part in parts() for check in part.checks]


def rows(part: Part) -> list[Check[...] | Planned]:
    return [*part.checks, *part.planned]


IDS = [one.id for part in parts() for one in rows(part)]
each_part = pytest.mark.parametrize("part", parts(), ids=lambda part: part.id)
each_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)


def test_the_budgets_are_those_of_the_design_and_add_up_to_100() -> None:
    assert {part.id: part.budget for part in parts()} == {id: budget * 10 for id, budget in BUDGETS.items()}
    assert sum(BUDGETS.values()) == 100
    assert len(PARTS) == len(parts())


@each_part
def test_what_a_part_judges_and_plans_adds_up_to_its_budget(part: Part) -> None:
    assert sum(one.points for one in rows(part)) == part.budget


@each_part
def test_every_check_of_the_catalogue_is_there_with_its_points(part: Part) -> None:
    found = {one.id: one.points for one in rows(part)}

    assert found == {
        f"{part.id}-{number:02}": round(points * 10) for number, points in enumerate(POINTS[part.id], start=1)
    }


@each_part
def test_checks_stand_in_the_order_of_their_ids(part: Part) -> None:
    for ids in ([one.id for one in part.checks], [one.id for one in part.planned]):
        assert all(one < other for one, other in pairwise(ids))


def test_ids_are_unique() -> None:
    assert len(set(IDS)) == len(IDS)


def test_this_version_judges_69_points_and_plans_the_rest() -> None:
    assert [one.id for part in parts() for one in part.planned] == PLANNED
    assert sum(check.points for check in CHECKS) == 690


@pytest.mark.parametrize("name", names())
def test_a_profile_lists_only_checks_that_there_are_and_each_once(name: str) -> None:
    listed = profile(name)

    assert set(listed.checks) <= set(IDS)
    assert len(set(listed.checks)) == len(listed.checks)
    assert set(listed.vetoes) <= VETOES & set(listed.checks)


def test_the_default_profile_leaves_out_only_what_has_to_be_asked_for() -> None:
    assert set(IDS) - set(profile("default").checks) == {"OLL-13", "PRF-10", "PRF-11"}
    assert set(profile("default").vetoes) == VETOES


def test_the_static_profile_judges_nothing_that_needs_a_contact() -> None:
    judged = [check for check in CHECKS if check.id in profile("static").checks]

    assert [check.id for check in judged] == [
        *("CFG-01", "CFG-03", "CFG-05", "CFG-06", "CFG-07", "CFG-08", "CFG-09", "CFG-10"),
        *("CLD-04", "CLD-05", "CLD-07", "CLD-09", "CLD-10", "CLD-12"),
        *("INT-01", "INT-07", "INT-13"),
    ]


@each_check
def test_a_check_has_all_that_a_reader_needs(check: Check[...]) -> None:
    assert check.why.endswith(".")
    assert check.fix.endswith(".")
    assert check.title
    assert not check.title.endswith(".")
    assert check.points > 0
    assert check.says
    assert check.all_needs
    assert check.plugin is None


@each_check
def test_sentences_are_templates_of_plain_names(check: Check[...]) -> None:
    for code, template in check.says.items():
        assert code == code.lower()
        for _, name, form, conversion in string.Formatter().parse(template):
            assert name is None or name.isidentifier()
            assert form in {None, "", "bytes"}
            assert conversion is None
