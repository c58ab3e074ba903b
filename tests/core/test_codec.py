"""JSON from outside comes in through one door, whole or not at all."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.codec import MOST_DEPTH, MOST_DIGITS, NotJson, convert, decode_json, encode

LIMIT = 1 << 20

texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(-(10**38), 10**38) | st.floats(allow_nan=False, allow_infinity=False)
leaves = st.none() | st.booleans() | numbers | texts
documents = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=30)
json_like = st.lists(
    st.sampled_from([*'{}[]",:\\ ue0123456789-+.', "null", "true", '"a"', "1e999", "NaN", "\\ud800", "\n", "\ufeff"]),
    max_size=30,
).map("".join)


class Point(msgspec.Struct, frozen=True):
    x: int
    y: int = 0


@given(documents)
def test_a_document_comes_back_as_it_went(document: Any) -> None:
    assert decode_json(json.dumps(document).encode(), limit=LIMIT) == document
    assert decode_json(encode(document), limit=LIMIT) == document


@given(st.binary(max_size=200) | json_like.map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_hostile_bytes_are_refused_or_hold_what_can_be_written_again(data: bytes) -> None:
    try:
        document = decode_json(data, limit=LIMIT)
    except NotJson as error:
        assert str(error)
    else:
        assert decode_json(encode(document), limit=LIMIT) == document


@given(st.dictionaries(texts, leaves, min_size=1), st.data())
def test_a_key_twice_is_refused_at_any_depth(table: dict[str, Any], data: st.DataObject) -> None:
    members = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in table.items()]
    text = "{" + ", ".join([*members, data.draw(st.sampled_from(members))]) + "}"
    for around in data.draw(st.lists(st.sampled_from(['{"deeper": %s}', "[%s]", '{"a": 1, "b": [null, %s]}']))):
        text = around % text

    with pytest.raises(NotJson, match="the same key twice"):
        decode_json(text.encode(), limit=LIMIT)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["arrays", "objects"])
def test_nesting_is_bounded(opening: str, closing: str) -> None:
    def nested(depth: int) -> bytes:
        return (opening * depth + "1" + closing * depth).encode()

    assert decode_json(nested(MOST_DEPTH), limit=LIMIT)
    for depth in (MOST_DEPTH + 1, 5_000, 100_000):
        with pytest.raises(NotJson, match="nested too deeply"):
            decode_json(nested(depth), limit=LIMIT)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty (line 1)"),
        (b'{"a": 1,\n\n "b": }', "Expecting value (line 3)"),
        (b"[1]\n[2]", "Extra data (line 2)"),
        (b'{"a":\n"\xff"}', "not UTF-8 (line 2)"),
        (b"[NaN]", "NaN is not a JSON number (line 1)"),
        (b"[0,\n-Infinity]", "-Infinity is not a JSON number (line 2)"),
        (b"[1e999]", "a number of absurd size (line 1)"),
        (b"[-1e999]", "a number of absurd size (line 1)"),
        (b"1" * (MOST_DIGITS + 1), "a number of absurd length (line 1)"),
        (b'{"a": {"b": 1},\n"b": 2,\n"a": 3}', "the same key twice in one object (line 3)"),
        ("{}".encode("utf-16"), "it is UTF-16; save it as UTF-8"),
        ("{}".encode("utf-32"), "it is UTF-32; save it as UTF-8"),
        (b'["\\ud83d"]', "half of a character"),
        (b'{"\\udc00": 1}', "half of a character"),
        (b"[" + b"1," * LIMIT + b"1]", f"more than {LIMIT} bytes"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_wrong_is_said_with_its_line_and_without_the_text(data: bytes, reason: str) -> None:
    with pytest.raises(NotJson) as error:
        decode_json(data, limit=LIMIT)

    assert str(error.value) == reason


def test_a_reason_and_its_line_are_kept_apart() -> None:
    with pytest.raises(NotJson) as error:
        decode_json(b"\n\n{", limit=LIMIT)

    assert error.value.line == 3
    assert "line" not in error.value.reason


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\xef\xbb\xbf[1]", [1]),
        (b'["\\ud83d\\ude00"]', ["\N{GRINNING FACE}"]),
        (b'["\\\\ud83d"]', ["\\ud83d"]),
        (b"9" * MOST_DIGITS, int("9" * MOST_DIGITS)),
        (b"[]", []),
    ],
)
def test_what_is_unusual_and_right_is_read(data: bytes, value: object) -> None:
    assert decode_json(data, limit=LIMIT) == value


def test_the_limit_is_met_to_the_byte() -> None:
    assert decode_json(b"[1]", limit=3) == [1]
    with pytest.raises(NotJson, match="more than 2 bytes"):
        decode_json(b"[1]", limit=2)


def test_a_value_gets_a_type() -> None:
    assert convert({"x": 1}, Point) == Point(1)


@pytest.mark.parametrize(
    ("value", "field"), [({"x": "1"}, "$.x"), ({}, "x"), ([], "array"), ({"x": 1, "y": None}, "$.y")]
)
def test_a_value_of_another_type_is_refused_and_the_field_is_named(value: object, field: str) -> None:
    with pytest.raises(NotJson) as error:
        convert(value, Point)

    assert field in str(error.value)


def test_a_refusal_shows_no_more_than_a_line_of_the_outside() -> None:
    with pytest.raises(NotJson) as error:
        convert({f"\x1b[2J{'k' * 10_000}": 1}, msgspec.defstruct("Strict", ["x"], forbid_unknown_fields=True))

    assert len(str(error.value)) <= 120
    assert "\x1b" not in str(error.value)


def test_equal_values_give_equal_bytes() -> None:
    assert encode({"b": 1, "a": [Point(1)]}) == encode({"a": [Point(1, 0)], "b": 1})
    assert encode({"b": 1, "a": 2}) == b'{\n  "a": 2,\n  "b": 1\n}\n'
