"""Versions of Ollama are compared as their makers count them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.version import Version

ORDER = [
    ["0.1.9", "v0.1.9"],
    ["0.1.29"],
    ["0.2.0-dev"],
    ["0.2.0-alpha1"],
    ["0.2.0-beta.2"],
    ["0.2.0-rc1", "0.2.0rc1", "0.2.0-rc.1", "0.2.0-rc1-dirty"],
    ["0.2.0-rc2"],
    ["0.2.0-rc10"],
    ["0.2.0", "0.2", "0.2.0-dirty", "0.2.0+cu12", "0.2.0-3-gabcdef0", " 0.2.0\n"],
    ["0.10.0"],
    ["1.0.0"],
]
"""From old to new; the texts of a row are the same version."""

numbers = st.integers(0, 999_999)


def parsed(text: str) -> Version:
    version = Version.parse(text)
    assert version is not None
    return version


def test_older_versions_come_first() -> None:
    for older, newer in pairwise(ORDER):
        assert parsed(older[0]) < parsed(newer[0])


@pytest.mark.parametrize("row", ORDER, ids=lambda row: row[0])
def test_spellings_of_one_version_are_equal(row: list[str]) -> None:
    assert {parsed(text) for text in row} == {parsed(row[0])}


@pytest.mark.parametrize(
    "text",
    ["", "1", "main", "1.2.3.4", "1.2.x", "1.2.3 beta", "-1.2.3", "٣.1.0", "1234567.0.0", "1.2.3-!", "v", "0.1-rc1 x"],
)
def test_what_is_no_version_is_none(text: str) -> None:
    assert Version.parse(text) is None


@given(st.tuples(numbers, numbers, numbers), st.tuples(numbers, numbers, numbers))
def test_releases_are_ordered_by_their_numbers(one: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    text, other_text = (".".join(map(str, each)) for each in (one, other))

    assert (parsed(text) < parsed(other_text)) == (one < other)
    assert (parsed(text) == parsed(other_text)) == (one == other)


@given(st.tuples(numbers, numbers, numbers), st.sampled_from(["dev", "alpha", "beta", "rc"]), numbers)
def test_a_candidate_comes_before_its_release(release: tuple[int, int, int], stage: str, count: int) -> None:
    text = ".".join(map(str, release))

    assert parsed(f"{text}-{stage}{count}") < parsed(text)


@given(st.text(max_size=60))
def test_any_text_is_a_version_or_none(text: str) -> None:
    version = Version.parse(text)

    assert version is None or version <= Version(999_999, 999_999, 999_999)


def test_a_build_from_source_tells_nothing() -> None:
    assert parsed("0.0.0").is_unversioned
    assert parsed("0.0.0-dirty").is_unversioned
    assert not parsed("0.0.1").is_unversioned
