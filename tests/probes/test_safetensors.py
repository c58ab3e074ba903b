"""Headers of safetensors files: what is read of true ones, and that no other does harm or is believed."""

import contextlib
import json
import os
import struct
import sys
import tracemalloc
from collections import Counter
from collections.abc import Mapping
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.probes.safetensors import TensorModel, Tensors, read_header, read_model
from modelcheck.probes.safetensors.header import read_tensors
from modelcheck.probes.stream import Stopped, Stream

BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I8": 1, "BOOL": 1}


def table(*tensors: tuple[str, str, tuple[int, ...]]) -> dict[str, Any]:
    """The header of tensors that lie one behind the other."""
    made: dict[str, Any] = {}
    at = 0
    for name, kind, shape in tensors:
        end = at + prod(shape) * BYTES[kind]
        made[name] = {"dtype": kind, "shape": list(shape), "data_offsets": [at, end]}
        at = end
    return made


def raw(header: bytes, data: int = 0) -> bytes:
    return struct.pack("<Q", len(header)) + header + bytes(data)


def file(header: Mapping[str, Any], data: int | None = None) -> bytes:
    end = max((tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"), default=0)
    return raw(json.dumps(header).encode(), end if data is None else data)


def read(data: bytes) -> Tensors | Gap:
    try:
        return read_tensors(Stream(BytesIO(data), len(data), 1 << 30))
    except Stopped as stopped:
        return stopped.gap


TWO = table(("a", "BF16", (4, 8)), ("b", "F32", (3,)))


def test_a_header_is_added_up() -> None:
    found = read(file(TWO))
    assert isinstance(found, Tensors)
    assert (found.parameters, found.size, dict(found.types)) == (35, 76, {"BF16": 64, "F32": 12})


@pytest.mark.parametrize(
    "header",
    [
        {"__metadata__": {"format": "pt"}, **TWO},
        {"__metadata__": {}, **TWO},
        {**TWO, "__metadata__": {"a": '{"b": "}"}', "c": "\\"}},
        dict(reversed(TWO.items())),
    ],
    ids=["metadata", "empty metadata", "metadata with braces", "another order"],
)
def test_metadata_and_order_change_nothing(header: dict[str, Any]) -> None:
    assert read(file(header, 76)) == read(file(TWO))


def test_spaces_may_stand_anywhere() -> None:
    text = json.dumps({"__metadata__": {"format": "pt"}, **TWO}, indent=2).encode()
    assert read(raw(b" \n" + text + b" " * 5, 76)) == read(file(TWO))


@pytest.mark.parametrize("text", [b"{}", b" { } ", b'{"__metadata__": {}}'])
def test_a_file_without_tensors_is_empty(text: bytes) -> None:
    assert read(raw(text)) == Tensors()


def test_a_tensor_may_be_a_single_number_or_none() -> None:
    found = read(file(table(("one", "F32", ()), ("none", "F16", (0, 4)), ("x", "I8", (2,)))))
    assert isinstance(found, Tensors)
    assert (found.parameters, found.size) == (3, 6)


def test_elements_may_be_smaller_than_a_byte() -> None:
    header = {"a": {"dtype": "F4", "shape": [10], "data_offsets": [0, 5]}}
    found = read(file(header))
    assert isinstance(found, Tensors)
    assert (found.parameters, found.size) == (10, 5)


@pytest.mark.parametrize("length", range(1, 40))
def test_a_header_is_read_wherever_reading_paused(monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    monkeypatch.setattr("modelcheck.probes.safetensors.scan._CHUNK", length)
    assert read(file({"__metadata__": {"format": "pt"}, **TWO}, 76)) == Tensors(
        35, 76, Counter({"BF16": 64, "F32": 12})
    )


def unreadable(about: str) -> Gap:
    return Gap(Why.UNREADABLE, about=about)


FOREIGN = unreadable("its header is not the JSON of this format")
OUTSIDE = unreadable("a tensor that lies outside of the file")
ON_EACH_OTHER = unreadable("tensors that lie on each other, or leave holes")
OTHER_SIZE = unreadable("a tensor of another size than its shape")
TRUNCATED = unreadable("truncated")


def one(**changed: Any) -> bytes:
    return json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changed}}).encode()


LIES: dict[str, tuple[bytes, Gap]] = {
    "nothing": (b"", TRUNCATED),
    "a length alone": (struct.pack("<Q", 100), TRUNCATED),
    "a length beyond the file": (struct.pack("<Q", 1 << 63) + b"{}", TRUNCATED),
    "no header": (raw(b""), FOREIGN),
    "a list": (raw(b"[]"), FOREIGN),
    "a word": (raw(b"true"), FOREIGN),
    "a start alone": (raw(b"{"), FOREIGN),
    "no end": (raw(b'{"a'), FOREIGN),
    "no end of a tensor": (raw(b'{"a": {"dtype": "F32"'), FOREIGN),
    "more behind the end": (raw(b"{} {}"), FOREIGN),
    "a comma too many": (raw(one()[:-1] + b",}", 8), FOREIGN),
    "no comma": (raw(one()[:-1] + b' "b": {}}', 8), FOREIGN),
    "objects in each other": (raw(b'{"a": ' * 10_000), FOREIGN),
    "lists in each other": (raw(b'{"a": {"shape": ' + b"[" * 5000 + b"]" * 5000 + b"}}"), FOREIGN),
    "a name with a line break": (raw(b'{"a\n": {}}'), FOREIGN),
    "metadata that is no text": (raw(b'{"__metadata__": {"a": 5}}'), FOREIGN),
    "metadata that is a list": (raw(b'{"__metadata__": []}'), FOREIGN),
    "an empty tensor": (raw(b'{"a": {}}'), FOREIGN),
    "a key of its own": (raw(one(more=1), 8), FOREIGN),
    "a shape of texts": (raw(one(shape=["2"]), 8), FOREIGN),
    "a shape below zero": (raw(one(shape=[-2]), 8), FOREIGN),
    "a shape with a fraction": (raw(one(shape=[2.0]), 8), FOREIGN),
    "a shape that is no number": (raw(one(shape=[float("nan")]), 8), FOREIGN),
    "a shape beyond all": (raw(one(shape=[1 << 70]), 8), FOREIGN),
    "a shape without end": (raw(one(shape=[1] * 33), 8), FOREIGN),
    "a number without end": (raw(b'{"a": {"shape": [' + b"9" * 5000 + b"]}}"), FOREIGN),
    "a product beyond all": (raw(one(shape=[1 << 62] * 4), 8), OTHER_SIZE),
    "three offsets": (raw(one(data_offsets=[0, 8, 8]), 8), FOREIGN),
    "offsets backwards": (raw(one(data_offsets=[8, 0]), 8), OUTSIDE),
    "an offset beyond the file": (raw(one(data_offsets=[0, 9]), 8), OUTSIDE),
    "a size that is not the shape's": (raw(one(shape=[1]), 8), OTHER_SIZE),
    "a type that is not known": (raw(one(dtype="Q4"), 8), Gap(Why.NOT_UNDERSTOOD, about="tensors of type Q4")),
    "a type that is no text": (raw(one(dtype=5), 8), FOREIGN),
    "a hole at the start": (raw(one(data_offsets=[8, 16]), 16), ON_EACH_OTHER),
    "a hole at the end": (raw(one(), 9), ON_EACH_OTHER),
    "data without tensors": (raw(b"{}", 1), ON_EACH_OTHER),
    "the same bytes twice": (raw(one()[:-1] + b", " + one().replace(b'"a"', b'"b"')[1:], 8), ON_EACH_OTHER),
    "a name twice": (raw(one()[:-1] + b", " + one(data_offsets=[8, 16])[1:], 16), unreadable("a tensor stands twice")),
    "a key twice": (raw(b'{"a": {"dtype": "F32", "dtype": "F32"}}'), FOREIGN),
    "half of a character": (raw(one(dtype="X").replace(b"X", b"\\ud800"), 8), FOREIGN),
    "not UTF-8": (raw(one(dtype="X").replace(b"X", b"\xff"), 8), FOREIGN),
    "a tensor of 9,000 bytes": (raw(one(dtype="x" * 9000), 8), FOREIGN),
    "a member without end": (
        raw(b'{"' + b"x" * (3 << 20)),
        Gap(Why.TOO_MUCH, about="its header has too long a member"),
    ),
}


@pytest.mark.parametrize(("data", "gap"), LIES.values(), ids=LIES)
def test_a_file_that_lies_is_a_gap_that_says_how(data: bytes, gap: Gap) -> None:
    assert read(data) == gap


def test_overlaps_that_fill_the_file_are_found() -> None:
    header = table(("a", "I8", (4,)), ("b", "I8", (4,)), ("c", "I8", (4,)))
    header["b"]["data_offsets"] = [2, 6]
    assert read(file(header)) == ON_EACH_OTHER


def test_more_tensors_than_any_model_has_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelcheck.probes.safetensors.header.MOST_TENSORS", 1)
    assert read(file(TWO)) == Gap(Why.TOO_MUCH, about="it has too many tensors")


def test_more_members_than_any_header_has_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelcheck.probes.safetensors.scan.MOST_NAMES", 3)
    assert isinstance(read(file(TWO)), Tensors)
    many = {"__metadata__": {"a": "b", "c": "d"}, **TWO}
    assert read(file(many, 76)) == Gap(Why.TOO_MUCH, about="its header has too many members")


def test_a_header_longer_than_the_format_allows_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelcheck.probes.safetensors.header.MOST_READ", 50)
    assert read(file(TWO)) == Gap(Why.TOO_MUCH, about="its header is too long")


def entries(count: int) -> bytes:
    member = b'"%d":{"dtype":"I8","shape":[0],"data_offsets":[0,0]}'
    return b"{" + b",".join(member % number for number in range(count)) + b"}"


@pytest.mark.parametrize(
    "text",
    [
        entries(5000),
        b'{"__metadata__":{' + b",".join(b'"%d":"x"' % number for number in range(200_000)) + b"}}",
        b" " * (8 << 20) + b"{}",
        b'{"a":{"shape":[' + b"[],[]," * (1 << 20),
        b'{"' + b'\\"' * (4 << 20),
    ],
    ids=["tensors", "metadata", "spaces", "lists", "escapes"],
)
def test_memory_does_not_grow_with_the_header(text: bytes) -> None:
    data = raw(text)
    stream = Stream(BytesIO(data), len(data), 1 << 30)
    tracemalloc.start()
    try:
        with contextlib.suppress(Stopped):
            read_tensors(stream)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


VALID = file({"__metadata__": {"format": "pt"}, **TWO}, 76)


def harmless(data: bytes) -> None:
    found = read(data)
    if isinstance(found, Gap):
        assert found.why in {Why.UNREADABLE, Why.NOT_UNDERSTOOD, Why.TOO_MUCH}
    else:
        assert 0 <= found.size <= len(data)


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=200).map(raw)
    | st.binary(max_size=50)
    | st.text(max_size=100).map(lambda text: raw(text.encode()))
)
def test_random_bytes_do_no_harm(data: bytes) -> None:
    harmless(data)


@settings(max_examples=500, deadline=None)
@given(
    edits=st.lists(
        st.tuples(st.integers(0, len(VALID) - 1), st.binary(min_size=1, max_size=8), st.integers(0, 8)), max_size=4
    )
)
def test_a_damaged_header_does_no_harm(edits: list[tuple[int, bytes, int]]) -> None:
    data = bytearray(VALID)
    for at, new, length in edits:
        data[at : at + length] = new
    harmless(bytes(data))


CONFIG = {"model_type": "qwen2", "num_hidden_layers": 28, "num_attention_heads": 28, "num_key_value_heads": 4}
INDEX = {"metadata": {"total_size": 76}, "weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}


def folder(path: Path, *, config: object = CONFIG, index: object = INDEX) -> list[Path]:
    """A model in two files, with what says so beside them."""
    (path / "model-1.safetensors").write_bytes(file(table(("a", "BF16", (4, 8)))))
    (path / "model-2.safetensors").write_bytes(file(table(("b", "F32", (3,)))))
    for name, content in (("config.json", config), ("model.safetensors.index.json", index)):
        if content is not None:
            (path / name).write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return sorted(path.glob("*.safetensors"))


def test_a_model_is_put_together_from_its_files(tmp_path: Path) -> None:
    found = read_model(folder(tmp_path))
    assert found == TensorModel(35, 76, "BF16", architecture="qwen2", layers=28, heads=28, kv_heads=4)


def test_files_without_an_index_are_all_there_is(tmp_path: Path) -> None:
    assert read_model(folder(tmp_path, index=None)).size == 76


def test_a_file_that_the_index_names_and_that_is_not_there_leaves_the_sums_open(tmp_path: Path) -> None:
    found = read_model(folder(tmp_path)[:1])
    gap = Gap(Why.NOT_THERE, about="1 of 2 files")
    assert (found.parameters, found.size, found.kind, found.layers) == (gap, gap, gap, 28)


def test_an_index_as_long_as_all_headers_is_looked_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelcheck.probes.safetensors.model._CHUNK", 50)
    assert read_model(folder(tmp_path)).size == 76
    assert read_model(folder(tmp_path)[:1]).size == Gap(Why.NOT_THERE, about="1 of 2 files")


def test_names_that_are_no_names_are_no_files(tmp_path: Path) -> None:
    index = {"weight_map": {"a": "../../etc/x.safetensors", "b": "C:\\x.safetensors", "c": "model-1.safetensors"}}
    assert read_model(folder(tmp_path, index=index)).size == 76


@pytest.mark.parametrize("bound", ["MOST_FILES", "MOST_INDEX"])
def test_an_index_beyond_its_bounds_leaves_the_sums_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    files = folder(tmp_path)[:1]
    monkeypatch.setattr(f"modelcheck.probes.safetensors.model.{bound}", 1)
    found = read_model(files).size
    assert isinstance(found, Gap)
    assert found.why is Why.TOO_MUCH


def test_an_index_that_cannot_be_looked_for_is_opened_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = folder(tmp_path)[:1]

    def refuse(_: Path) -> bool:
        raise PermissionError

    monkeypatch.setattr(Path, "exists", refuse)
    assert read_model(files).size == Gap(Why.NOT_THERE, about="1 of 2 files")


def test_an_index_that_is_no_file_leaves_the_sums_open(tmp_path: Path) -> None:
    files = folder(tmp_path, index=None)
    (tmp_path / "model.safetensors.index.json").mkdir()
    found = read_model(files).size
    assert isinstance(found, Gap)
    assert found.why is Why.UNREADABLE


@pytest.mark.parametrize("name", ["model-1.safetensors", "model-2.safetensors"])
def test_a_damaged_file_leaves_the_sums_open(tmp_path: Path, name: str) -> None:
    files = folder(tmp_path)
    (tmp_path / name).write_bytes(b"{}")
    assert read_model(files).size == TRUNCATED


def test_more_files_than_any_model_has_are_not_read(tmp_path: Path) -> None:
    found = read_model([tmp_path / "x"] * 1001)
    assert found.size == Gap(Why.TOO_MUCH, about="1000 files")
    assert read_model([]).size == Gap(Why.NOT_THERE, about="files of weights")


@pytest.mark.parametrize(
    ("config", "gap"),
    [
        (None, Gap(Why.NOT_THERE, about="config.json")),
        (b"{", Gap(Why.UNREADABLE, about="config.json")),
        (b"[]", Gap(Why.UNREADABLE, about="config.json")),
        (b" " * (300 << 10), Gap(Why.UNREADABLE, about="config.json")),
        ({}, NOT_RECORDED),
        ({"model_type": "", "num_hidden_layers": True}, NOT_RECORDED),
        ({"model_type": 5, "num_hidden_layers": "28"}, NOT_RECORDED),
        ({"model_type": None, "num_hidden_layers": 1 << 60}, NOT_RECORDED),
        ({"model_type": [], "num_hidden_layers": 0}, NOT_RECORDED),
    ],
)
def test_a_configuration_that_says_nothing_is_a_gap(tmp_path: Path, config: object, gap: Gap) -> None:
    found = read_model(folder(tmp_path, config=config))
    assert (found.architecture, found.layers, found.size) == (gap, gap, 76)


def test_names_from_outside_are_made_printable(tmp_path: Path) -> None:
    found = read_model(folder(tmp_path, config={"model_type": "\x1b[2J" + "x" * 500}))
    assert isinstance(found.architecture, str)
    assert found.architecture.isprintable()
    assert len(found.architecture) == 60


def test_files_without_tensors_are_of_no_type(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(raw(b"{}"))
    assert (read_model([path]).size, read_model([path]).kind) == (0, NOT_RECORDED)


def test_what_is_no_regular_file_is_not_read(tmp_path: Path) -> None:
    assert isinstance(read_header(tmp_path), Gap)
    assert read_header(tmp_path / "nothing") == unreadable("cannot be read")


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFOs")
def test_a_fifo_does_not_hold_the_reader_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.safetensors")
    assert read_header(tmp_path / "pipe.safetensors") == unreadable("not a regular file")
