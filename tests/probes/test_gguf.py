"""Headers of GGUF files: what is read of true ones, and that no other does harm."""

import os
import struct
import sys
import time
import tracemalloc
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import cast

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.probes import gguf, stream
from modelcheck.probes.gguf import Header, read_header
from modelcheck.probes.stream import Stream

U8, I8, U16, I16, U32, I32, F32, BOOL, TEXT, ARRAY, U64, I64, F64 = range(13)
CODES = {U8: "B", I8: "b", U16: "H", I16: "h", U32: "I", I32: "i", F32: "f", BOOL: "?", U64: "Q", I64: "q", F64: "d"}

Key = tuple[str, int, object]

GENERAL: tuple[Key, ...] = (
    ("general.architecture", TEXT, "llama"),
    ("general.name", TEXT, "Llama 3 8B"),
    ("general.size_label", TEXT, "8B"),
    ("general.parameter_count", U64, 8_030_261_248),
)
FILE_TYPE: Key = ("general.file_type", U32, 15)
SHAPE: tuple[Key, ...] = (
    ("llama.block_count", U32, 32),
    ("llama.context_length", U32, 8192),
    ("llama.attention.head_count", U32, 32),
    ("llama.attention.head_count_kv", U32, 8),
    ("llama.attention.key_length", U32, 128),
    ("llama.attention.value_length", U32, 128),
)
TOKENIZER: tuple[Key, ...] = (
    ("tokenizer.ggml.model", TEXT, "gpt2"),
    ("tokenizer.ggml.tokens", ARRAY, (TEXT, [f"token {number}" for number in range(6000)])),
    ("tokenizer.ggml.token_type", ARRAY, (I32, [1] * 6000)),
    ("tokenizer.ggml.merges", ARRAY, (TEXT, ["a b"] * 5000)),
    ("tokenizer.ggml.bos_token_id", U32, 1),
)
LLAMA = Header(
    architecture="llama",
    name="Llama 3 8B",
    quantisation="Q4_K_M",
    size_label="8B",
    parameters=8_030_261_248,
    layers=32,
    max_context=8192,
    heads=32,
    kv_heads=8,
    key_length=128,
    value_length=128,
)
TENSOR = ("token_embd.weight", 2, 4096, 128_256, 12, 0)


def text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def value(kind: int, given_value: object) -> bytes:
    if kind == TEXT:
        assert isinstance(given_value, str)
        return text(given_value)
    if kind == ARRAY:
        element, items = cast("tuple[int, list[object]]", given_value)
        return struct.pack("<IQ", element, len(items)) + b"".join(value(element, item) for item in items)
    return struct.pack(f"<{CODES[kind]}", given_value)


def tensor_table() -> bytes:
    name, *numbers = TENSOR
    assert isinstance(name, str)
    return text(name) + struct.pack("<IQQIQ", *numbers)


def header(*keys: Key, version: int = 3, count: int | None = None, tensors: int = 1) -> bytes:
    body = b"".join(text(name) + struct.pack("<I", kind) + value(kind, item) for name, kind, item in keys)
    start = b"GGUF" + struct.pack("<IQQ", version, tensors, len(keys) if count is None else count)
    return start + body + tensor_table() * tensors


def read(folder: Path, data: bytes) -> Header | Gap:
    path = folder / "model.gguf"
    path.write_bytes(data)
    return read_header(path)


def shape(folder: Path, *keys: Key) -> Header:
    found = read(folder, header(*keys))
    assert isinstance(found, Header)
    return found


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Arrays whose texts were counted one by one: how many texts each had."""
    counts: list[int] = []
    skip_texts = Stream.skip_texts

    def skip(self: Stream, count: int) -> None:
        counts.append(count)
        skip_texts(self, count)

    monkeypatch.setattr(Stream, "skip_texts", skip)
    return iter([counts])


@pytest.mark.parametrize("version", [2, 3])
def test_a_header_is_read(tmp_path: Path, version: int) -> None:
    assert read(tmp_path, header(*GENERAL, FILE_TYPE, *SHAPE, *TOKENIZER, version=version)) == LLAMA


@pytest.mark.parametrize(
    "keys",
    [
        (*GENERAL, *SHAPE, *TOKENIZER, FILE_TYPE),
        (*TOKENIZER, FILE_TYPE, *SHAPE, *GENERAL),
        (FILE_TYPE, *reversed(SHAPE), TOKENIZER[1], *GENERAL),
        (*GENERAL, *TOKENIZER[:-1], *SHAPE, FILE_TYPE),
        (*SHAPE, *GENERAL, FILE_TYPE, TOKENIZER[1], TOKENIZER[3]),
    ],
)
def test_the_order_of_keys_does_not_matter(tmp_path: Path, keys: tuple[Key, ...]) -> None:
    assert read(tmp_path, header(*keys)) == LLAMA


def test_reading_ends_where_all_is_known(tmp_path: Path) -> None:
    data = header(*GENERAL, FILE_TYPE, *SHAPE, ("more", TEXT, "x" * 100))
    assert read(tmp_path, data[: data.index(b"more")] + bytes(200)) == LLAMA


def test_a_usual_vocabulary_is_not_counted(tmp_path: Path, counted: Iterator[list[int]]) -> None:
    assert read(tmp_path, header(*GENERAL, *SHAPE, *TOKENIZER, FILE_TYPE)) == LLAMA
    assert next(counted) == []


@pytest.mark.parametrize("length", range(40, 60))
def test_the_key_behind_a_vocabulary_is_found_wherever_reading_paused(
    tmp_path: Path, counted: Iterator[list[int]], monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    monkeypatch.setattr(stream, "_FIRST_READ", length)
    monkeypatch.setattr(stream, "_LARGEST_READ", length)
    tokens: Key = ("tokenizer.ggml.tokens", ARRAY, (TEXT, ["abcdef"] * 4096))
    assert read(tmp_path, header(*GENERAL, *SHAPE, tokens, TOKENIZER[0], FILE_TYPE)) == LLAMA
    assert next(counted) == []


def test_a_key_before_the_one_that_was_looked_for_is_found_by_counting(
    tmp_path: Path, counted: Iterator[list[int]]
) -> None:
    """The guess skips `general.file_type`, and the table of tensors gives it away."""
    keys = (*GENERAL, *SHAPE, TOKENIZER[1], FILE_TYPE, TOKENIZER[4])
    assert read(tmp_path, header(*keys)) == LLAMA
    assert next(counted) == [6000]


@pytest.mark.parametrize("trap", ["tokenizer.", "tokenizer.ggml.model"])
def test_a_token_that_looks_like_a_key_deceives_nobody(tmp_path: Path, trap: str) -> None:
    tokens: Key = ("tokenizer.ggml.tokens", ARRAY, (TEXT, ["x" * 9, "\0" * 7 + trap + "\0" * 8, *["y"] * 6000]))
    assert read(tmp_path, header(*GENERAL, tokens, *SHAPE, FILE_TYPE)) == LLAMA


def test_a_guess_that_no_table_of_tensors_proves_is_not_believed(tmp_path: Path, counted: Iterator[list[int]]) -> None:
    assert read(tmp_path, header(*GENERAL, *SHAPE, *TOKENIZER, FILE_TYPE, tensors=0)) == LLAMA
    assert next(counted) == [6000, 5000]


@pytest.mark.parametrize("counts", [False, True])
@given(
    tokens=st.lists(st.text(max_size=20), min_size=1, max_size=30),
    order=st.permutations((*GENERAL, FILE_TYPE, *SHAPE[:-1], *TOKENIZER[::4], ("x.texts", ARRAY, (TEXT, ["a", "b"])))),
)
@settings(max_examples=100, deadline=None)
def test_looking_and_counting_read_the_same(
    tmp_path_factory: pytest.TempPathFactory, counts: bool, tokens: list[str], order: list[Key]
) -> None:
    tokenizer: Key = ("tokenizer.ggml.tokens", ARRAY, (TEXT, tokens))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(gguf, "MANY_TEXTS", 1 << 62 if counts else 0)
        patched.setattr(stream, "_FIRST_READ", 24)
        patched.setattr(stream, "_LARGEST_READ", 48)
        found = read(tmp_path_factory.mktemp("gguf"), header(*order[:4], tokenizer, *order[4:]))
    assert isinstance(found, Header)
    assert found == Header(**{**vars(LLAMA), "value_length": NOT_RECORDED})


def test_what_is_not_stated_is_a_gap(tmp_path: Path) -> None:
    found = shape(tmp_path, ("general.architecture", TEXT, "llama"))
    rest = {name: stated for name, stated in vars(found).items() if name != "architecture"}
    assert set(rest.values()) == {NOT_RECORDED}


def test_keys_of_another_architecture_are_not_taken(tmp_path: Path) -> None:
    found = shape(tmp_path, ("general.architecture", TEXT, "qwen2"), *SHAPE)
    assert found.layers == NOT_RECORDED


def test_without_an_architecture_no_shape_is_known(tmp_path: Path) -> None:
    assert shape(tmp_path, *SHAPE).layers == NOT_RECORDED


def test_heads_may_differ_from_layer_to_layer(tmp_path: Path) -> None:
    heads: Key = ("llama.attention.head_count_kv", ARRAY, (I32, [8, 8, 0]))
    found = shape(tmp_path, GENERAL[0], heads)
    assert found.kv_heads == (8, 8, 0)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (("llama.block_count", ARRAY, (U32, [1, 2])), "layers"),
        (("llama.block_count", TEXT, "32"), "layers"),
        (("llama.block_count", I32, -1), "layers"),
        (("llama.block_count", F32, 32.0), "layers"),
        (("llama.block_count", BOOL, True), "layers"),
        (("llama.attention.head_count_kv", ARRAY, (TEXT, ["8"])), "kv_heads"),
        (("llama.attention.head_count_kv", ARRAY, (F32, [8.0])), "kv_heads"),
        (("llama.attention.head_count_kv", ARRAY, (I32, [8, -8])), "kv_heads"),
        (("llama.attention.head_count_kv", ARRAY, (U8, [1] * 1025)), "kv_heads"),
        (("general.name", U32, 5), "name"),
        (("general.name", TEXT, ""), "name"),
        (("general.name", TEXT, "x" * (64 * 1024 + 1)), "name"),
        (("general.file_type", TEXT, "Q4_K_M"), "quantisation"),
    ],
)
def test_a_value_of_the_wrong_kind_is_a_gap_and_the_rest_is_read(tmp_path: Path, key: Key, name: str) -> None:
    found = shape(tmp_path, GENERAL[0], key, SHAPE[1])
    assert getattr(found, name) == Gap(Why.UNREADABLE, about=key[0])
    assert found.max_context == 8192


@pytest.mark.parametrize("kind", [U8, I8, U16, I16, U32, I32, U64, I64])
def test_numbers_of_any_width_are_read(tmp_path: Path, kind: int) -> None:
    assert shape(tmp_path, GENERAL[0], ("llama.block_count", kind, 100)).layers == 100


def test_texts_are_made_printable_and_bounded(tmp_path: Path) -> None:
    found = shape(tmp_path, ("general.architecture", TEXT, "x\x1b[2J"), ("general.name", TEXT, "n" * 60_000))
    assert found.architecture == "x�[2J"
    assert isinstance(found.name, str)
    assert len(found.name) <= 120


@pytest.mark.parametrize(
    ("number", "name"),
    [(0, "F32"), (1, "F16"), (7, "Q8_0"), (15, "Q4_K_M"), (18, "Q6_K"), (32, "BF16"), (38, "MXFP4_MOE")],
)
def test_file_types_have_their_published_names(tmp_path: Path, number: int, name: str) -> None:
    assert shape(tmp_path, ("general.file_type", U32, number)).quantisation == name
    assert shape(tmp_path, ("general.file_type", U32, number | 1024)).quantisation == name


def test_a_file_type_that_is_not_known_is_not_named(tmp_path: Path) -> None:
    gap = Gap(Why.NOT_UNDERSTOOD, about="file type 4")
    assert shape(tmp_path, ("general.file_type", U32, 4)).quantisation == gap


def test_the_table_of_file_types_is_dated_and_repeats_no_name() -> None:
    table = yaml.safe_load((files("modelcheck.data") / "gguf.yaml").read_bytes())
    assert str(table["as_of"]) > "2026"
    assert len(set(table["file_types"].values())) == len(table["file_types"]) == 36


VALID = header(
    *GENERAL, FILE_TYPE, *SHAPE[:-1], ("x.array", ARRAY, (U16, [1, 2, 3])), ("x.texts", ARRAY, (TEXT, ["a"]))
)


def unreadable(about: str) -> Gap:
    return Gap(Why.UNREADABLE, about=about)


def one_key(kind: int, data: bytes, name: str = "x") -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + text(name) + struct.pack("<I", kind) + data


@pytest.mark.parametrize(
    ("data", "gap"),
    [
        (b"", unreadable("truncated")),
        (b"GGUF", unreadable("truncated")),
        (b"GGML" + bytes(20), unreadable("not a GGUF file")),
        (b"GGUF" + struct.pack(">IQQ", 3, 1, 1), Gap(Why.NOT_UNDERSTOOD, about="a big-endian GGUF file")),
        (b"GGUF" + struct.pack("<III", 1, 1, 1), Gap(Why.NOT_UNDERSTOOD, about="GGUF version 1")),
        (b"GGUF" + struct.pack("<IQQ", 4, 1, 1), Gap(Why.NOT_UNDERSTOOD, about="GGUF version 4")),
        (header(count=1 << 63), unreadable("truncated")),
        (header(*GENERAL, count=5), unreadable("its keys do not add up")),
        (header(*GENERAL, count=3), unreadable("its keys do not add up")),
        (header(*GENERAL, count=7), unreadable("a key of impossible length")),
        (header(count=70_000) + bytes(70_000 * 13), Gap(Why.TOO_MUCH, about="its header has too many keys")),
        (one_key(13, bytes(8)), unreadable("a value of unknown type")),
        (one_key(13, bytes(8), "general.name"), unreadable("a value of unknown type")),
        (one_key(ARRAY, struct.pack("<IQ", 99, 1) + bytes(8)), unreadable("a value of unknown type")),
        (one_key(ARRAY, struct.pack("<IQ", ARRAY, 1) + bytes(80)), unreadable("an array of arrays")),
        (one_key(ARRAY, struct.pack("<IQ", ARRAY, 1) + bytes(80), "x.block_count"), unreadable("an array of arrays")),
        (one_key(ARRAY, struct.pack("<IQ", U64, 1 << 62)), unreadable("truncated")),
        (one_key(ARRAY, struct.pack("<IQ", TEXT, 1 << 62)), unreadable("truncated")),
        (one_key(ARRAY, struct.pack("<IQQ", TEXT, 1, 1 << 63)), unreadable("truncated")),
        (one_key(ARRAY, struct.pack("<IQQQ", TEXT, 2, 1, 1)), unreadable("truncated")),
        (one_key(TEXT, struct.pack("<Q", 1 << 63)), unreadable("truncated")),
        (one_key(TEXT, struct.pack("<Q", 1 << 63), "general.name"), unreadable("truncated")),
        (one_key(U32, bytes(4), ""), unreadable("a key of impossible length")),
        (one_key(U32, bytes(4), "k" * (64 * 1024 + 1)), unreadable("a key of impossible length")),
        (one_key(U32, bytes(4), "é"), unreadable("a key that is not ASCII")),
        (header(SHAPE[0], SHAPE[0]), unreadable("a key stands twice")),
    ],
)
def test_a_file_that_lies_is_a_gap_that_says_how(tmp_path: Path, data: bytes, gap: Gap) -> None:
    assert read(tmp_path, data) == gap


@pytest.mark.parametrize("cut", range(0, len(VALID) - len(tensor_table()), 7))
def test_a_header_that_ends_too_soon_is_a_gap(tmp_path: Path, cut: int) -> None:
    assert read(tmp_path, VALID[:cut]) == unreadable("truncated")


def test_a_file_that_shrinks_while_it_is_read_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fstat

    def longer(descriptor: int) -> os.stat_result:
        info = list(real(descriptor))
        info[6] += 1000
        return os.stat_result(info)

    monkeypatch.setattr(os, "fstat", longer)
    assert read(tmp_path, VALID[:100]) == unreadable("truncated")


def test_a_vocabulary_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gguf, "MOST_READ", 1 << 20)
    data = one_key(ARRAY, struct.pack("<IQ", TEXT, 1 << 20) + bytes(8 << 20)) + bytes(100)
    assert read(tmp_path, data) == Gap(Why.TOO_MUCH, about="its header is too long")


def test_what_is_no_regular_file_is_not_read(tmp_path: Path) -> None:
    gap = read_header(tmp_path)
    assert isinstance(gap, Gap)
    assert read_header(tmp_path / "nothing") == unreadable("cannot be read")


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFOs")
def test_a_fifo_does_not_hold_the_reader_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.gguf")
    assert read_header(tmp_path / "pipe.gguf") == unreadable("not a regular file")


def test_memory_does_not_grow_with_the_header(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    texts = struct.pack("<IQ", TEXT, 400_000) + (struct.pack("<Q", 10) + b"0123456789") * 400_000
    long = text("tokenizer.chat_template") + struct.pack("<IQ", TEXT, 4 << 20) + b"x" * (4 << 20)
    keys = text("x") + struct.pack("<I", ARRAY) + texts + long
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 1, 2) + keys + tensor_table())
    tracemalloc.start()
    try:
        assert isinstance(read_header(path), Header)
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("kind", "item"), [(TEXT, "x" * 60_000), (ARRAY, (U64, [1 << 60] * 1024)), (ARRAY, (U64, [1 << 60] * 9000))]
)
def test_memory_does_not_grow_with_architectures_that_the_file_is_not_of(
    tmp_path: Path, kind: int, item: object
) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(header(*((f"a{number}.block_count", kind, item) for number in range(100))))
    tracemalloc.start()
    try:
        assert read_header(path) == Gap(Why.TOO_MUCH, about="its header has too many keys")
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def harmless(folder: Path, data: bytes) -> None:
    before = time.monotonic()
    found = read(folder, data)
    assert isinstance(found, Header) or found.why in {Why.UNREADABLE, Why.NOT_UNDERSTOOD, Why.TOO_MUCH}
    assert time.monotonic() - before < 5


@settings(max_examples=500, deadline=None)
@given(data=st.binary(max_size=400).map(lambda tail: b"GGUF\x03\0\0\0" + tail) | st.binary(max_size=100))
def test_random_bytes_do_no_harm(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    harmless(tmp_path_factory.getbasetemp(), data)


@settings(max_examples=500, deadline=None)
@given(
    edits=st.lists(
        st.tuples(st.integers(8, len(VALID) - 1), st.binary(min_size=1, max_size=8), st.integers(0, 8)), max_size=4
    ),
    jump=st.booleans(),
)
def test_a_damaged_header_does_no_harm(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[int, bytes, int]], jump: bool
) -> None:
    data = bytearray(VALID)
    for at, new, length in edits:
        data[at : at + length] = new
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(gguf, "MANY_TEXTS", 0 if jump else 4096)
        harmless(tmp_path_factory.getbasetemp(), bytes(data))
