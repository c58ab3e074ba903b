"""What a list shows of GGUF files: what is read of true headers, how soon, and that none is believed unproven."""

import os
import struct
import sys
import tracemalloc
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
import yaml
from gguf_file import (
    ARRAY,
    BOOL,
    F32,
    I8,
    I16,
    I32,
    I64,
    TENSOR,
    TEXT,
    U8,
    U16,
    U32,
    U64,
    Key,
    header,
    row,
    text,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.probes import stream
from modelcheck.probes.gguf import Header, read_header, walk
from modelcheck.probes.stream import Stream

ARCHITECTURE: Key = ("general.architecture", TEXT, "llama")
NAME: Key = ("general.name", TEXT, "Llama 3 8B")
SIZE: Key = ("general.size_label", TEXT, "8B")
PARAMETERS: Key = ("general.parameter_count", U64, 8_030_261_248)
FILE_TYPE: Key = ("general.file_type", U32, 15)
GENERAL = (ARCHITECTURE, NAME, SIZE, PARAMETERS)
SHAPE: tuple[Key, ...] = (("llama.block_count", U32, 32), ("llama.rope.freq_base", F32, 1e4))
TOKENIZER: tuple[Key, ...] = (
    ("tokenizer.ggml.model", TEXT, "gpt2"),
    ("tokenizer.ggml.tokens", ARRAY, (TEXT, [f"token {number}" for number in range(6000)])),
    ("tokenizer.ggml.token_type", ARRAY, (I32, [1] * 6000)),
    ("tokenizer.ggml.merges", ARRAY, (TEXT, ["a b"] * 5000)),
    ("tokenizer.ggml.bos_token_id", U32, 1),
)
LLAMA = Header("llama", "Llama 3 8B", "Q4_K_M", "8B", 8_030_261_248)


def read(folder: Path, data: bytes) -> Header | Gap:
    path = folder / "model.gguf"
    path.write_bytes(data)
    return read_header(path)


def stated(folder: Path, *keys: Key) -> Header:
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
        (FILE_TYPE, *SHAPE, TOKENIZER[1], *GENERAL),
        (*GENERAL, *TOKENIZER[:-1], *SHAPE, FILE_TYPE),
        (*SHAPE, *GENERAL, FILE_TYPE, TOKENIZER[1], TOKENIZER[3]),
    ],
)
def test_the_order_of_keys_does_not_matter(tmp_path: Path, keys: tuple[Key, ...]) -> None:
    assert read(tmp_path, header(*keys)) == LLAMA


def test_reading_ends_at_the_vocabulary_where_a_list_needs_no_more(tmp_path: Path) -> None:
    data = header(*GENERAL, FILE_TYPE, ("tokenizer.ggml.model", TEXT, "x" * 100))
    assert read(tmp_path, data[: data.index(b"x" * 9)]) == LLAMA


@pytest.mark.parametrize("missing", [ARCHITECTURE, FILE_TYPE])
def test_reading_goes_on_where_a_list_needs_more(tmp_path: Path, missing: Key) -> None:
    keys = [key for key in (*GENERAL, FILE_TYPE) if key != missing]
    assert read(tmp_path, header(*keys, *TOKENIZER, missing)) == LLAMA


def test_one_statement_of_its_size_is_enough(tmp_path: Path, counted: Iterator[list[int]]) -> None:
    found = stated(tmp_path, ARCHITECTURE, FILE_TYPE, SIZE, *TOKENIZER, PARAMETERS)
    assert (found.size_label, found.parameters) == ("8B", NOT_RECORDED)
    assert next(counted) == []


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


def test_keys_made_up_inside_a_token_are_not_believed(tmp_path: Path) -> None:
    """The guess lands on them, and they would end the reading before anything proves them."""
    first = text("tokenizer.aaaaaa") + struct.pack("<II", U32, 0)
    lie = text("general.file_type") + struct.pack("<II", U32, 7)
    made_up = (first + lie + text("tokenizer.y")).decode("ascii")
    tokens: Key = ("x.tokens", ARRAY, (TEXT, [made_up, *["y"] * 6000]))
    assert read(tmp_path, header(*GENERAL, tokens, FILE_TYPE, *SHAPE, *SHAPE)) == LLAMA


def test_a_guess_that_no_table_of_tensors_proves_is_not_believed(tmp_path: Path, counted: Iterator[list[int]]) -> None:
    assert read(tmp_path, header(*GENERAL, *SHAPE, *TOKENIZER, FILE_TYPE, tensors=())) == LLAMA
    assert next(counted) == [6000, 5000]


@pytest.mark.parametrize("counts", [False, True])
@given(
    tokens=st.lists(st.text(max_size=20), min_size=1, max_size=30),
    order=st.permutations((*GENERAL, FILE_TYPE, *SHAPE, *TOKENIZER[::4], ("x.texts", ARRAY, (TEXT, ["a", "b"])))),
)
@settings(max_examples=100, deadline=None)
def test_looking_and_counting_read_the_same(
    tmp_path_factory: pytest.TempPathFactory, counts: bool, tokens: list[str], order: list[Key]
) -> None:
    tokenizer: Key = ("x.tokens", ARRAY, (TEXT, tokens))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(walk, "MANY_TEXTS", 1 << 62 if counts else 0)
        patched.setattr(stream, "_FIRST_READ", 24)
        patched.setattr(stream, "_LARGEST_READ", 48)
        found = read(tmp_path_factory.mktemp("gguf"), header(*order[:4], tokenizer, *order[4:]))
    assert isinstance(found, Header)
    assert (found.architecture, found.quantisation) == ("llama", "Q4_K_M")


def test_what_is_not_stated_is_a_gap(tmp_path: Path) -> None:
    found = stated(tmp_path, ARCHITECTURE)
    assert set(vars(found).values()) == {"llama", NOT_RECORDED}


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (("general.architecture", U32, 5), "architecture"),
        (("general.name", U32, 5), "name"),
        (("general.name", TEXT, ""), "name"),
        (("general.name", TEXT, "x" * (64 * 1024 + 1)), "name"),
        (("general.parameter_count", TEXT, "8"), "parameters"),
        (("general.parameter_count", I64, -8), "parameters"),
        (("general.parameter_count", F32, 8.0), "parameters"),
        (("general.parameter_count", BOOL, True), "parameters"),
        (("general.parameter_count", ARRAY, (U32, [8])), "parameters"),
        (("general.parameter_count", ARRAY, (TEXT, ["8"])), "parameters"),
        (("general.parameter_count", ARRAY, (U8, [1] * 600)), "parameters"),
        (("general.parameter_count", U64, 1 << 63), "parameters"),
        (("general.file_type", TEXT, "Q4_K_M"), "quantisation"),
    ],
)
def test_a_value_of_the_wrong_kind_is_a_gap_and_the_rest_is_read(tmp_path: Path, key: Key, name: str) -> None:
    found = stated(tmp_path, key, SIZE)
    assert getattr(found, name) == Gap(Why.UNREADABLE, about=key[0])
    assert found.size_label == "8B"


@pytest.mark.parametrize("kind", [U8, I8, U16, I16, U32, I32, U64, I64])
def test_numbers_of_any_width_are_read(tmp_path: Path, kind: int) -> None:
    assert stated(tmp_path, ("general.parameter_count", kind, 100)).parameters == 100


def test_texts_are_made_printable_and_bounded(tmp_path: Path) -> None:
    found = stated(tmp_path, ("general.architecture", TEXT, "x\x1b[2J"), ("general.name", TEXT, "n" * 60_000))
    assert found.architecture == "x�[2J"
    assert isinstance(found.name, str)
    assert len(found.name) <= 120


@pytest.mark.parametrize(
    ("number", "name"),
    [(0, "F32"), (1, "F16"), (7, "Q8_0"), (15, "Q4_K_M"), (18, "Q6_K"), (32, "BF16"), (38, "MXFP4_MOE")],
)
def test_file_types_have_their_published_names(tmp_path: Path, number: int, name: str) -> None:
    assert stated(tmp_path, ("general.file_type", U32, number)).quantisation == name
    assert stated(tmp_path, ("general.file_type", U32, number | 1024)).quantisation == name


def test_a_file_type_that_is_not_known_is_not_named(tmp_path: Path) -> None:
    gap = Gap(Why.NOT_UNDERSTOOD, about="file type 4")
    assert stated(tmp_path, ("general.file_type", U32, 4)).quantisation == gap


def test_the_table_of_file_types_is_dated_and_repeats_no_name() -> None:
    table = yaml.safe_load((files("modelcheck.data") / "gguf.yaml").read_bytes())
    assert str(table["as_of"]) > "2026"
    assert len(set(table["file_types"].values())) == len(table["file_types"]) == 36


VALID = header(*GENERAL, *SHAPE, ("x.array", ARRAY, (U16, [1, 2, 3])), ("x.texts", ARRAY, (TEXT, ["a"])))


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
        (header(*GENERAL, count=5), unreadable("a tensor's name of impossible length")),
        (header(*GENERAL, count=3), unreadable("a tensor of too many dimensions")),
        (header(*GENERAL, tensors=(), rows=1), unreadable("truncated")),
        (header(count=70_000) + bytes(70_000 * 13), Gap(Why.TOO_MUCH, about="its header has too many keys")),
        (one_key(13, bytes(8)), unreadable("a value of unknown type")),
        (one_key(13, bytes(8), "general.name"), unreadable("a value of unknown type")),
        (one_key(ARRAY, struct.pack("<IQ", 99, 1) + bytes(8)), unreadable("a value of unknown type")),
        (one_key(ARRAY, struct.pack("<IQ", ARRAY, 1) + bytes(80)), unreadable("an array of arrays")),
        (one_key(ARRAY, struct.pack("<IQ", ARRAY, 1) + bytes(80), "general.name"), unreadable("an array of arrays")),
        (one_key(ARRAY, struct.pack("<IQ", U64, 1 << 62)), unreadable("truncated")),
        (one_key(ARRAY, struct.pack("<IQ", TEXT, 1 << 62)), unreadable("truncated")),
        (one_key(ARRAY, struct.pack("<IQQ", TEXT, 1, 1 << 63)), unreadable("truncated")),
        (one_key(ARRAY, struct.pack("<IQQQ", TEXT, 2, 1, 1)), unreadable("truncated")),
        (one_key(TEXT, struct.pack("<Q", 1 << 63)), unreadable("truncated")),
        (one_key(TEXT, struct.pack("<Q", 1 << 63), "general.name"), unreadable("truncated")),
        (one_key(U32, bytes(4), ""), unreadable("a key of impossible length")),
        (one_key(U32, bytes(4), "k" * (64 * 1024 + 1)), unreadable("a key of impossible length")),
        (one_key(U32, bytes(4), "é"), unreadable("a key that is not ASCII")),
        (header(SIZE, SIZE), unreadable("a key stands twice")),
    ],
)
def test_a_file_that_lies_is_a_gap_that_says_how(tmp_path: Path, data: bytes, gap: Gap) -> None:
    assert read(tmp_path, data) == gap


@pytest.mark.parametrize("cut", range(0, len(VALID) - len(row(TENSOR, 0)), 7))
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
    monkeypatch.setattr("modelcheck.probes.gguf.header.MOST_READ", 1 << 20)
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
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 1, 2) + keys + row(TENSOR, 0))
    read_header(path)
    tracemalloc.start()
    try:
        assert isinstance(read_header(path), Header)
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()
