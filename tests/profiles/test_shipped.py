"""The shipped profiles are found by name, whole, and sound in themselves."""

import re
from datetime import date

import pytest

from modelcheck.app.catalogue import parts
from modelcheck.profiles.shipped import UnknownProfile, is_path, names, profile

NAMES = names()
SECURITY = ("CFG-04", "CFG-06", "CFG-07", "CLD-06", "INT-07", "OLL-02", "OLL-03")


def left_out(name: str) -> set[str]:
    """What the default profile has in scope and this one has not."""
    return set(profile("default").checks) - set(profile(name).checks)


def test_the_shipped_profiles_are_those_of_the_design() -> None:
    assert NAMES == ("apple", "default", "enterprise", "local-only", "static")


@pytest.mark.parametrize("name", NAMES)
def test_each_profile_is_sound(name: str) -> None:
    found = profile(name)

    assert found.name == name
    assert found.title
    assert date.fromisoformat(found.as_of) <= date(2100, 1, 1)
    assert len(set(found.checks)) == len(found.checks)
    assert all(re.fullmatch(r"(CFG|OLL|CLD|INT|PRF)-\d\d", check) for check in found.checks)
    assert set(found.vetoes) <= set(found.checks)
    assert len(set(found.vetoes)) == len(found.vetoes)
    assert {check for level in found.levels for check in level.checks} <= set(found.checks)
    for bar in (found.score, found.coverage):
        assert 0 < bar.minimum <= 1000
        assert bar.minimum % 10 == 0
        assert bar.origin == f"profile {name}"


@pytest.mark.parametrize(
    ("name", "score", "coverage"),
    [
        ("default", 700, 750),
        ("static", 700, 900),
        ("local-only", 700, 750),
        ("enterprise", 950, 950),
        ("apple", 700, 750),
    ],
)
def test_the_bars_are_those_of_the_design(name: str, score: int, coverage: int) -> None:
    found = profile(name)

    assert (found.score.minimum, found.coverage.minimum) == (score, coverage)


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_names_only_checks_that_there_are(name: str) -> None:
    judged = {one.id for part in parts() for one in part.checks}
    planned = {one.id for part in parts() for one in part.planned}

    assert set(profile(name).checks) <= judged | planned


def test_only_the_static_profile_contacts_nothing() -> None:
    assert [name for name in NAMES if not profile(name).network] == ["static"]


def test_the_local_profile_keeps_everything_local_and_asks_no_provider() -> None:
    found = profile("local-only")

    assert found.everything_local
    assert found.vetoes == ("CFG-03", "CFG-04", "OLL-03", "INT-07")
    assert "CFG-06" in found.checks
    assert not any(check.startswith("CLD") for check in found.checks)
    assert [name for name in NAMES if profile(name).everything_local] == ["local-only"]


def test_only_the_local_profile_requires_a_guard() -> None:
    assert [name for name in NAMES if profile(name).guard] == ["local-only"]
    assert [name for name in NAMES if "OLL-13" in profile(name).checks] == ["local-only"]
    assert "OLL-13" not in profile("local-only").vetoes


def test_the_apple_profile_leaves_out_what_needs_the_driver_of_nvidia() -> None:
    assert left_out("apple") == {"OLL-04", "OLL-11"}
    assert "NVIDIA" in profile("apple").title


def test_the_enterprise_profile_wants_four_levels_of_which_only_security_rests_on_checks() -> None:
    levels = {level.name: (level.wanted, level.checks) for level in profile("enterprise").levels}

    assert levels == {
        "reliability": (9500, ()),
        "performance": (9900, ()),
        "availability": (9990, ()),
        "security": (10_000, SECURITY),
    }
    assert {level.origin for level in profile("enterprise").levels} == {"profile enterprise"}
    assert left_out("enterprise") == set()


def test_what_a_profile_builds_on_and_who_put_what_there_is_known() -> None:
    enterprise, default = profile("enterprise"), profile("default")

    assert (enterprise.extends, default.extends) == (("default",), ())
    assert enterprise.origins["CFG-03"] == default.origins["CFG-03"] == "profile default"
    assert enterprise.origins["veto CFG-03"] == "profile default"
    assert profile("local-only").origins["veto CFG-03"] == "profile local-only"
    assert profile("local-only").origins["OLL-13"] == "profile local-only"
    assert set(default.origins) == {*default.checks, *(f"veto {check}" for check in default.vetoes)}
    assert (enterprise.place, default.place) == ("", "")


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    listed = f"The profiles are: {', '.join(NAMES)}"
    with pytest.raises(UnknownProfile) as near:
        profile("defualt")
    with pytest.raises(UnknownProfile) as far:
        profile("zzz")

    assert str(near.value) == f"there is no profile defualt; did you mean default? {listed}"
    assert str(far.value) == f"there is no profile zzz. {listed}"


@pytest.mark.parametrize("name", ["", "../default", "default.yaml", "x" * 10_000, "\x1b[31m", "{names}"])
def test_a_hostile_name_opens_nothing(name: str) -> None:
    with pytest.raises(UnknownProfile) as error:
        profile(name)

    assert len(str(error.value)) < 300
    assert str(error.value).isprintable()


@pytest.mark.parametrize("name", ["house.yaml", "HOUSE.YML", "profiles/house", "profiles\\house"])
def test_a_path_is_known_by_its_ending_or_its_slashes(name: str) -> None:
    assert is_path(name)
    assert not any(is_path(shipped) for shipped in NAMES)
