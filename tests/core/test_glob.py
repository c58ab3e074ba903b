"""Patterns from outside match what they say, in bounded time."""

import fnmatch
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.glob import LONGEST, matches


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("*:*", "llama3:8b"),
        ("*:*", ":"),
        ("llama?:*", "llama3:8b-instruct-q6_k"),
        ("*-q?_k", "llama3:8b-instruct-q6_k"),
        ("*a*b", "xaxbxb"),
        ("**", ""),
        ("", ""),
        ("abc", "abc"),
    ],
)
def test_a_text_fits(pattern: str, text: str) -> None:
    assert matches(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("*:*", "llama3"),
        ("llama?", "llama"),
        ("llama?", "llama31"),
        ("abc", "abcd"),
        ("abc", "ab"),
        ("*a*b", "xaxbxc"),
        ("A*", "a"),
        ("", "a"),
        ("?", ""),
        ("[a]", "a"),
    ],
)
def test_a_text_does_not_fit(pattern: str, text: str) -> None:
    assert not matches(pattern, text)


@given(st.text("ab*?", max_size=8), st.text("abc", max_size=10))
def test_it_agrees_with_the_globs_of_a_shell(pattern: str, text: str) -> None:
    assert matches(pattern, text) is fnmatch.fnmatchcase(text, pattern)


def test_the_worst_pattern_takes_no_time() -> None:
    began = time.process_time()

    assert not matches("*a" * (LONGEST // 2) + "b", "a" * 1000)

    assert time.process_time() - began < 1
