"""The line of what a JSON decoder refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.jsonplaces import line_of_depth, line_of_second_key, line_of_word

PIECES = ('"', '"a"', "\\", "{", "}", "[", "]", ":", ",", "\n", "1", "NaN", " ", "\u00e9")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"a": 1, "a": 2}', 1),
        ('{"a": 1,\n"b": {"a": 1},\n"a": 2}', 3),
        ('[{"a": 1},\n{"a": 1}]', 0),
        ('{"a": "a",\n"b": ":"}', 0),
        ('{"a": 1,\n"\\u0061": 2}', 0),
        ('{"a": "x\ny",\n"a": 2}', 3),
        (': } "a": {"b', 0),
        ("", 0),
    ],
)
def test_a_key_that_stands_twice_is_found(text: str, line: int) -> None:
    assert line_of_second_key(text) == line


@pytest.mark.parametrize(("text", "line"), [("[\n[\n[]]]", 3), ("[[],\n[]]", 0), ('["[[["]', 0), ("[[\n{", 2)])
def test_what_lies_too_deep_is_found(text: str, line: int) -> None:
    assert line_of_depth(text, 2) == line


def test_a_word_is_found_outside_of_texts_alone() -> None:
    assert line_of_word('{"NaN":\n"NaN",\n"a": [NaN]}', lambda word: word == "NaN") == 3
    assert line_of_word('["NaN"]', lambda word: word == "NaN") == 0


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_whatever_is_written_a_line_of_it_is_told_or_none(text: str) -> None:
    lines = text.count("\n") + 1
    for found in (line_of_second_key(text), line_of_depth(text, 1), line_of_word(text, lambda word: word == "1")):
        assert 0 <= found <= lines


@pytest.mark.parametrize("piece", ['"', '\\"', '"\\', "{", '"a":'])
def test_no_text_takes_longer_than_its_length(piece: str) -> None:
    assert line_of_word('"' + piece * 200_000, lambda _: False) == 0
