"""Outside text is shown on one line, bounded, and moves nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.text import MOST, printable

any_text = st.text(st.characters(exclude_categories=()))


@given(any_text, st.integers(1, 200))
def test_what_is_shown_is_one_printable_line_of_bounded_length(text: str, most: int) -> None:
    shown = printable(text, most)

    assert shown.isprintable()
    assert len(shown) <= most
    assert shown.encode().decode() == shown


@given(st.text(st.characters(exclude_categories=("C", "Z")), max_size=MOST))
def test_a_plain_text_is_shown_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize("mark", ["\n", "\r", "\x1b", "\x00", "\u202e", "\u2066", "\ud800", "\u2028", "\x7f"])
def test_a_mark_that_moves_something_is_replaced(mark: str) -> None:
    assert printable(f"a{mark}b") == "a\N{REPLACEMENT CHARACTER}b"


def test_a_long_text_is_cut_and_shows_it() -> None:
    assert printable("a" * 200) == "a" * (MOST - 1) + "…"
    assert printable("abc", 3) == "abc"
    assert printable("abcd", 3) == "ab…"


def test_anything_can_be_shown() -> None:
    assert printable(12.5) == "12.5"
    assert printable(ValueError("no\nway")) == "no\N{REPLACEMENT CHARACTER}way"
