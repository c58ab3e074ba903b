"""YAML becomes plain values with a line for each, or one error with a line."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcheck.profiles.lines import InvalidProfile, read_lines

plain = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
leaves = (
    plain
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.none()
)
documents = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain, inner, max_size=3), max_leaves=6
)
texts = st.text(st.sampled_from("abc:-[]{}&*!|>'\"%@#,?~ \n\t\r\x00\x07\x85\u2028é<=1.e+\\"), max_size=80)


def value(text: str) -> object:
    return read_lines("x.yaml", text).content


@pytest.mark.parametrize(
    ("word", "typed"),
    [
        ("1", 1),
        ("+12", 12),
        ("-1", -1),
        ("1.5", 1.5),
        ("-.5", -0.5),
        ("1e3", 1000.0),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("'1'", "1"),
        ('"true"', "true"),
        ("yes", "yes"),
        ("1:30", "1:30"),
        ("2026-11-22", "2026-11-22"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1e999", "1e999"),
        ("9" * 19, "9" * 19),
        ("9" * 9000, "9" * 9000),
        ("!!int '1'", "1"),
        ("!!python/object:os.system x", "x"),
    ],
)
def test_a_word_is_typed_as_editors_type_it(word: str, typed: object) -> None:
    assert repr(value(f"a: {word}")) == repr({"a": typed})


def test_each_key_and_item_has_its_line_and_what_is_within_has_that_of_the_nearest() -> None:
    found = read_lines("x.yaml", "# head\na:\n- x\n- b: 1\n  c: {d: 2}\n\nz: 3\n")

    assert found.content == {"a": ["x", {"b": 1, "c": {"d": 2}}], "z": 3}
    assert (found.line_of("a"), found.line_of("a", 0), found.line_of("a", 1)) == (2, 3, 4)
    assert (found.line_of("a", 1, "c", "d"), found.line_of("a", 1, "c", "e"), found.line_of("a", 9)) == (5, 5, 2)
    assert (found.line_of("z"), found.line_of("y"), found.line_of()) == (7, 1, 1)


def test_a_file_of_nothing_is_an_empty_table() -> None:
    assert value("") == value("# only this") == value("\n\n") == {}


@given(documents)
def test_what_is_written_as_json_is_read_as_it_was(content: object) -> None:
    assert value(json.dumps({"a": content})) == {"a": content}


@settings(max_examples=1000, deadline=None)
@given(texts)
def test_any_text_is_read_or_refused_with_a_line_that_it_has(text: str) -> None:
    try:
        found = read_lines("x.yaml", text)
    except InvalidProfile as error:
        said = str(error)
        assert said.startswith("x.yaml, line ")
        line = int(said.removeprefix("x.yaml, line ").partition(":")[0])
        assert 1 <= line <= len(text.splitlines()) + 1
        assert said.isprintable()
    else:
        assert all(1 <= line <= len(text.splitlines()) + 1 for line in found.lines.values())


def test_a_document_that_would_explode_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]

    with pytest.raises(InvalidProfile) as error:
        value("\n".join(lines))
    assert str(error.value).startswith("x.yaml, line 2: an alias is not read here")
