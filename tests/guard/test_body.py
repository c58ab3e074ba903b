"""The body: one JSON document that Ollama's decoder and ours cannot read in two ways, and one spelling of it."""

import json
import re
import unicodedata
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from modelcheck.guard.body import (
    EMPTY,
    FREE,
    MOST_DEPTH,
    Document,
    _read_canonical,
    _read_strictly,
    folded,
    read,
    refuse_look_alikes,
    structs,
    write,
)
from modelcheck.guard.fault import Fault, Refused


def refused(data: bytes) -> str:
    with pytest.raises(Refused) as caught:
        read(data)
    assert (caught.value.reason, caught.value.status) == (Fault.BODY, 400)
    return caught.value.words


def nested(depth: int, opening: str = '{"a":', closing: str = "}", core: str = "1") -> bytes:
    return (opening * depth + core + closing * depth).encode()


def reference(text: str) -> object:
    """What Python's own reader says, the texts of numbers kept."""
    return json.loads(text, parse_int=numbered, parse_float=numbered)


def numbered(text: str) -> tuple[str, str]:
    return ("number", text)


@pytest.mark.parametrize(
    "number", ["0", "-0", "1", "-1", "1.0", "1.10", "1e5", "1E+5", "1e-400", "1e400", "123456789012345678901234567890"]
)
def test_numbers_keep_their_text(number: str) -> None:
    data = f'{{"a":{number},"b":[{number}]}}'.encode()
    assert write(read(data).fields) == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"null",
        b"1",
        b'"a"',
        b"[]",
        b"[{}]",
        b"{",
        b"{}x",
        b"{} {}",
        b"{},",
        b"{}\x00",
        b"\xef\xbb\xbf{}",
        b'{"a":1,}',
        b'{"a"}',
        b"{a:1}",
        b"{'a':1}",
        b'{"a":01}',
        b'{"a":+1}',
        b'{"a":.5}',
        b'{"a":1.}',
        b'{"a":0x1}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":True}',
        b'{"a":"\n"}',
        b'{"a":"\x00"}',
        b'{"a":"\\x41"}',
        b'{"a":"\\u12"}',
        b'{"a":"\xff"}',
        b'{"\xff":1}',
        b'{"a":"\xc0\xaf"}',
        b'{"a":"\xed\xa0\x80"}',
        b"{/**/}",
        b"\x0b{}",
        "\u00a0{}".encode(),
        "{}".encode("utf-16"),
        "{}".encode("utf-32"),
        b"model=llama3",
        nested(5000),
        nested(100000, "[", "]", "").replace(b"[", b"[", 1),
    ],
)
def test_what_is_not_one_object_in_utf_8_is_refused(data: bytes) -> None:
    refused(data)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_named(word: str) -> None:
    assert refused(f'{{"a":[{word}]}}'.encode()) == f"{word} is no JSON number"


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"\\u0061":2}',
        b'{"b":{"a":1,"c":2,"a":null}}',
        b'{"b":[[{"":0,"":0}]]}',
        b'{"options":{"a":1,"a":1}}',
    ],
)
def test_a_key_stands_once_at_any_depth(data: bytes) -> None:
    assert refused(data) == "the same key stands twice in one object of the body"


def test_equal_keys_of_different_objects_are_no_double() -> None:
    read(b'{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}')


@pytest.mark.parametrize("opening", [('{"a":', "}"), ("[", "]")], ids=["objects", "arrays"])
def test_a_body_may_be_nested_to_a_depth(opening: tuple[str, str]) -> None:
    inner = nested(MOST_DEPTH - 1, *opening)
    read(b'{"a":' + inner + b"}")
    assert refused(b'{"a":' + nested(MOST_DEPTH, *opening) + b"}") == "the body is nested too deeply"
    read(b'{"a":[' + b",".join([b"{}", b'"[{"'] * 200) + b"]}")


@pytest.mark.parametrize(
    "data", [b'{"a":"\\ud800"}', b'{"\\udfff":1}', b'{"a":["\\ud800x"]}', b'{"a":"\\udc00\\ud800"}']
)
def test_half_of_a_character_is_never_passed_on(data: bytes) -> None:
    with pytest.raises(Refused) as caught:
        write(read(data).fields)
    assert (caught.value.reason, caught.value.words) == (Fault.BODY, "the body holds half of a character")


def test_a_character_in_two_halves_is_one() -> None:
    assert write(read(b'{"a":"\\ud83d\\ude00"}').fields) == '{"a":"\U0001f600"}'.encode()


@pytest.mark.parametrize(
    ("data", "odd"),
    [
        (b'{"model":"x","messages":[{"role":"user","content":"Hallo \xc3\xa4"}]}', False),
        (b'{"options":{"temperature":1}}', False),
        (b'{"Model":"x"}', True),
        (b'{"a":[{"B":1}]}', True),
        (b'{"\xc3\xa4":1}', True),
        (b'{"\xc5\xbf":1}', True),
        *((b'{"a":[{"%s":1}]}' % key, True) for key in (b"file", b"file_data", b"file_url", b"image_url", b"images")),
        *((b'{"a":[{"%s":1}]}' % key, True) for key in (b"source", b"tools", b"url", b"web_search_options")),
    ],
)
def test_what_needs_a_closer_look_is_noticed(data: bytes, odd: bool) -> None:
    assert read(data).odd is odd


def test_a_body_of_many_bytes_is_read_as_well_from_a_bytearray() -> None:
    for indent in (None, 2):
        data = json.dumps({"prompt": "x" * (1 << 20), "a": [1, None, True]}, indent=indent).encode()
        assert reference(write(read(bytearray(data)).fields).decode()) == reference(data.decode())


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=8)
)
keys = st.sampled_from(["model", "Model", "options", "tools", "", "\u017f", "\u212a", "a"]) | st.text(
    st.characters(codec="utf-8"), max_size=4
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)
documents = st.dictionaries(keys, values, max_size=5)


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """Draw a body: JSON in one of its spellings, perhaps damaged in one place."""
    document = draw(documents)
    text = json.dumps(document, indent=draw(st.sampled_from([None, 1])), ensure_ascii=draw(st.booleans()))
    data = text.encode()
    if draw(st.booleans()):
        at = draw(st.integers(0, len(data)))
        piece = draw(
            st.sampled_from([b"", b'"', b"{}", b',"a":1', b"\\ud800", b"\xff", b"1", b".0", b"e5", b" ", b"\x00"])
        )
        data = data[:at] + piece + data[at + draw(st.integers(0, 2)) :]
    return data


@given(texts())
@example(b'{"a":1.0,"b":1e5,"c":-0}')
@example(b' { "a" : [ ] } ')
@example(b'{"a":"\\u2028\\/\\""}')
def test_whatever_is_read_is_written_as_the_same_values_in_one_sound_spelling(data: bytes) -> None:
    try:
        document = read(data)
        written = write(document.fields)
    except Refused:
        return
    text = written.decode("utf-8", "strict")
    assert reference(text) == reference(data.decode())
    assert document.canonical in {b"", written}

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({key for key, _ in pairs}) == len(pairs)
        return dict(pairs)

    json.loads(text, object_pairs_hook=once)
    assert not re.search(r"[\ud800-\udfff]", text)
    assert write(read(written).fields) == written


@given(documents)
def test_every_sound_document_is_read(document: dict[str, Any]) -> None:
    for indent in (None, 0, 1):
        text = json.dumps(document, indent=indent)
        assert reference(write(read(text.encode()).fields).decode()) == reference(text)


@given(texts())
@example(b'{"a":1.0,"b":-0,"c":1e5}')
@example(b'{"a":1,"a":1}')
@example(b'{"a":{"B":[{"c":1}]}}')
@example(b'{"a":123456789012345678901234567890}')
@example(b'{"a":0.1e1}')
@example(b'{"a":"\\ud800"}')
@example(b'{"a": 1, "b": [1, 2]}')
def test_what_is_read_quickly_is_read_just_as_the_careful_reader_reads_it(data: bytes) -> None:
    quick = _read_canonical(data)
    if quick is None:
        return
    careful = _read_strictly(data)
    assert write(careful.fields) == write(quick.fields) == quick.canonical
    assert careful.odd is quick.odd


def test_a_body_as_most_clients_write_it_is_read_quickly() -> None:
    value = {"model": "x", "messages": [{"role": "user", "content": "\u00e4"}], "options": {"num_ctx": 8, "top_p": 0.9}}
    for data in (
        json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(),
        json.dumps(value, ensure_ascii=False).encode(),
    ):
        document = read(data)
        assert document == Document(value, odd=False, canonical=msgspec.json.encode(value))
    assert read(json.dumps(value, indent=1).encode()).canonical == b""


@pytest.mark.parametrize(
    "data",
    [b'{"a":1,"a":1}', b'{"a":1e5}', b'{"a":-0}', b'{"a":1.10}', b'{"a":"\\u0041"}', b'{"a":1} ', b'["a"]', b"1"],
)
def test_what_is_spelled_in_another_way_is_read_carefully(data: bytes) -> None:
    assert _read_canonical(data) is None


def test_a_body_with_many_openings_is_read_carefully_and_not_refused() -> None:
    at_most = b'{"a":[' + b",".join([b"{}"] * (MOST_DEPTH - 2)) + b"]}"
    assert read(at_most).canonical == at_most
    more = b'{"a":[' + b",".join([b"[]"] * (MOST_DEPTH - 1)) + b"]}"
    assert read(more).canonical == b""
    assert write(read(more).fields) == more


@given(st.binary(max_size=40))
def test_no_bytes_make_the_reader_fail_in_another_way(data: bytes) -> None:
    try:
        read(b'{"a":' + data + b"}")
    except Refused as caught:
        assert caught.reason is Fault.BODY


def go_fold(key: str) -> str:
    """What Go's decoder of JSON compares: each rune as the least of those that fold to it, for ASCII fields."""
    return "".join({"\u017f": "S", "\u212a": "K"}.get(mark, mark.upper() if mark.isascii() else mark) for mark in key)


marks = st.sampled_from("aAzZsSkK\u017f\u212aiI\u0130\u0131_-09\u00df\u1e9e\u00e4") | st.characters(codec="utf-8")


@given(st.text(marks, max_size=6), st.text(st.sampled_from("aAzZsSkKiI_-09"), max_size=6))
def test_keys_fold_to_a_field_just_where_go_takes_them_for_it(key: str, field: str) -> None:
    assert (folded(key) == folded(field)) is (go_fold(key) == go_fold(field))


def test_no_other_letter_folds_to_a_field() -> None:
    strange = [mark for mark in map(chr, range(0x80, 0x110000)) if folded(mark).isascii()]
    assert strange == ["\u017f", "\u212a"]
    assert [unicodedata.name(mark) for mark in strange] == ["LATIN SMALL LETTER LONG S", "KELVIN SIGN"]
    assert folded("\u017ft\u212a") == "stk"
    assert folded("MeSSages") == "messages"


def test_objects_that_are_decoded_by_their_fields_are_all_seen() -> None:
    value: object = {"a": [{"b": 1}, [{"c": {"d": 2}}], 3], "options": {"x": {}}, "OPTIONS": {"y": {}}}
    seen = [sorted(one) for one in structs(value, frozenset({"options"}))]
    assert seen[0] == ["OPTIONS", "a", "options"]
    assert sorted(seen[1:]) == [["b"], ["c"], ["d"]]
    assert list(structs("a", FREE)) == []


@pytest.mark.parametrize(
    "value",
    [
        {"model": 1, "Model": 2},
        {"messages": [{"role": 1, "ROLE": 2}]},
        {"a": [[{"x": 1, "X": 2}]]},
        {"keep_alive": 1, "\u212aeep_alive": 1},
        {"\u00e4": 1, "\u00c4": 2},
    ],
)
def test_two_keys_that_fold_together_are_refused(value: object) -> None:
    with pytest.raises(Refused, match="differ in nothing that Ollama distinguishes"):
        refuse_look_alikes(value, FREE, frozenset())


@pytest.mark.parametrize("key", ["Model", "MODEL", "\u017fystem", "SYSTEM", "\u212aeep_alive"])
def test_a_field_that_is_spelled_otherwise_is_refused(key: str) -> None:
    with pytest.raises(Refused, match="not spelled as Ollama documents it") as caught:
        refuse_look_alikes({"a": [{key: 1}]}, FREE, frozenset({"model", "system", "keep_alive"}))
    assert caught.value.reason is Fault.BODY


@pytest.mark.parametrize(
    "value",
    [
        {"model": 1, "Other": 2},
        {"parameters": {"a": 1, "A": 2, "Model": 3}},
        {"tools": [{"function": {"parameters": {"properties": {"Model": 1, "model": 2}}}}]},
        {"options": {"Model": 1}},
        {"content": "Model"},
        [],
        None,
    ],
)
def test_what_ollama_keeps_as_it_is_may_be_spelled_in_any_way(value: object) -> None:
    refuse_look_alikes(value, FREE, frozenset({"model"}))


def test_a_document_is_what_was_read() -> None:
    assert read(b'{"a":"b"}') == Document({"a": "b"}, odd=False, canonical=b'{"a":"b"}')
    assert read(b' {"a":"b"}') == Document({"a": "b"}, odd=False)
    assert Document({}, odd=False) == EMPTY


@pytest.mark.parametrize(
    "key",
    [
        *("$defs", "arguments", "definitions", "format", "input_schema", "json_schema", "logit_bias", "metadata"),
        *("options", "parameters", "properties", "schema"),
    ],
)
def test_these_fields_are_free_and_no_others(key: str) -> None:
    assert len(FREE) == 12
    refuse_look_alikes({key: {"Model": 1, "model": 2}}, FREE, frozenset({"model"}))
