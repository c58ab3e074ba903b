"""The shipped profiles are found by name, whole, and sound in themselves."""

import re
from datetime import date

import pytest

from modelcheck.profiles.shipped import UnknownProfile, names, profile

NAMES = names()


def test_the_profiles_of_the_first_users_are_shipped() -> None:
    assert {"default", "static"} <= set(NAMES)


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
    for bar in (found.score, found.coverage):
        assert 0 < bar.minimum <= 1000
        assert bar.minimum % 10 == 0
        assert bar.origin == f"profile {name}"


@pytest.mark.parametrize(("name", "score", "coverage"), [("default", 700, 750), ("static", 700, 900)])
def test_the_bars_are_those_of_the_design(name: str, score: int, coverage: int) -> None:
    found = profile(name)

    assert (found.score.minimum, found.coverage.minimum) == (score, coverage)


def test_only_the_static_profile_contacts_nothing() -> None:
    assert profile("default").network
    assert not profile("static").network


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    listed = f"The profiles are: {', '.join(NAMES)}"
    with pytest.raises(UnknownProfile) as near:
        profile("defualt")
    with pytest.raises(UnknownProfile) as far:
        profile("zzz")

    assert str(near.value) == f"there is no profile 'defualt'; did you mean default? {listed}"
    assert str(far.value) == f"there is no profile 'zzz'. {listed}"


@pytest.mark.parametrize("name", ["", "../default", "default.yaml", "x" * 10_000, "\x1b[31m"])
def test_a_hostile_name_opens_nothing(name: str) -> None:
    with pytest.raises(UnknownProfile) as error:
        profile(name)

    assert len(str(error.value)) < 300
    assert str(error.value).isprintable()
