"""The table of tensors: what it adds up to, what one token reads of it, and that none is believed beyond its file."""

import struct
import sys
import time
import tracemalloc
from collections.abc import Sequence
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import pytest
import yaml
from gguf_file import (
    ALIGNMENT,
    ARRAY,
    TEXT,
    U16,
    U32,
    U64,
    Key,
    Tensor,
    header,
    numbers,
    row,
    size_of,
    text,
    whole_size,
    write,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcheck.core.anatomy import Anatomy
from modelcheck.core.gap import Gap, Why
from modelcheck.probes import stream
from modelcheck.probes.gguf import read_anatomy, walk
from modelcheck.probes.gguf.anatomy import anatomise, anatomy_of
from modelcheck.probes.gguf.tables import architectures
from modelcheck.probes.gguf.walk import MOST_READ
from modelcheck.probes.stream import Stopped, Stream

F32, Q4_0, Q8_0 = 0, 2, 8
LLAMA: tuple[Key, ...] = (
    ("general.architecture", TEXT, "llama"),
    ("general.file_type", U32, 7),
    *numbers("llama", block_count=2, context_length=64, embedding_length=64),
    *numbers("llama", attention__head_count=4, attention__head_count_kv=2),
)
VOCABULARY: Key = ("tokenizer.ggml.tokens", ARRAY, (TEXT, [f"token {number}" for number in range(6000)]))
EMBEDDING: Tensor = ("token_embd.weight", (64, 320), Q8_0)
HEAD: Tensor = ("output.weight", (64, 320), Q8_0)
LAYERS: tuple[Tensor, ...] = (
    ("blk.0.attn_q.weight", (64, 64), Q4_0),
    ("blk.1.attn_q.weight", (64, 64), F32),
    ("output_norm.weight", (64,), F32),
)


def read(data: bytes, size: int) -> Anatomy | Gap:
    try:
        return anatomy_of(*anatomise(Stream(BytesIO(data), size, MOST_READ)))
    except Stopped as stopped:
        return stopped.gap


def whole(*keys: Key, tensors: Sequence[Tensor]) -> Anatomy:
    data = header(*LLAMA, *keys, tensors=tensors)
    found = read(data, whole_size(data, tensors))
    assert isinstance(found, Anatomy)
    return found


def sizes(*tensors: Tensor) -> int:
    return sum(map(size_of, tensors))


def test_the_weights_are_all_tensors_together() -> None:
    assert whole(tensors=(EMBEDDING, HEAD, *LAYERS)).weights == sizes(EMBEDDING, HEAD, *LAYERS)


def test_of_the_embedding_a_token_reads_one_row() -> None:
    assert whole(tensors=(EMBEDDING, HEAD, *LAYERS)).read_per_token == sizes(HEAD, *LAYERS)


def test_an_embedding_that_is_also_the_head_is_read_as_that() -> None:
    assert whole(tensors=(EMBEDDING, *LAYERS)).read_per_token == sizes(EMBEDDING, *LAYERS)


def test_what_embeds_has_no_head() -> None:
    pooled = whole(("llama.pooling_type", U32, 1), tensors=(EMBEDDING, *LAYERS))
    assert pooled.read_per_token == sizes(*LAYERS)


@pytest.mark.parametrize(
    "name", ["v.blk.0.attn_q.weight", "mm.0.weight", "a.blk.0.weight", "mtp.fc.weight", "per_layer_token_embd.weight"]
)
def test_pictures_sound_and_tables_are_not_read_by_a_token_of_text(name: str) -> None:
    other: Tensor = (name, (64, 64), F32)
    found = whole(tensors=(EMBEDDING, HEAD, *LAYERS, other))
    assert found.weights == sizes(EMBEDDING, HEAD, *LAYERS, other)
    assert found.read_per_token == sizes(HEAD, *LAYERS)


def test_a_layer_that_only_guesses_ahead_is_not_read() -> None:
    found = whole(("llama.nextn_predict_layers", U32, 1), tensors=(EMBEDDING, HEAD, *LAYERS))
    assert found.read_per_token == sizes(HEAD, LAYERS[0], LAYERS[2])


STACKED: tuple[Tensor, ...] = (
    ("blk.0.ffn_up_exps.weight", (64, 32, 8), Q8_0),
    ("blk.1.ffn_up_exps.bias", (32, 8), F32),
)
SINGLE: tuple[Tensor, ...] = tuple((f"blk.0.ffn_up.{number}.weight", (64, 32), Q8_0) for number in range(8))
SHARED: Tensor = ("blk.0.ffn_up_shexp.weight", (64, 32), Q8_0)


@pytest.mark.parametrize("experts", [STACKED, SINGLE], ids=["stacked", "a tensor for each"])
def test_of_experts_only_the_active_ones_are_read(experts: tuple[Tensor, ...]) -> None:
    mixture = numbers("llama", expert_count=8, expert_used_count=2)
    found = whole(*mixture, tensors=(HEAD, *LAYERS, SHARED, *experts))
    assert found.weights == sizes(HEAD, *LAYERS, SHARED, *experts)
    assert found.read_per_token == sizes(HEAD, *LAYERS, SHARED) + sizes(*experts) // 4


def test_the_active_experts_may_differ_from_layer_to_layer() -> None:
    mixture = numbers("llama", expert_count=8, expert_used_count=[4, 1])
    found = whole(*mixture, tensors=(HEAD, *STACKED))
    assert found.read_per_token == sizes(HEAD) + sizes(STACKED[0]) // 2 + sizes(STACKED[1]) // 8


@pytest.mark.parametrize(
    "mixture",
    [
        numbers("llama", expert_count=8),
        numbers("llama", expert_used_count=2),
        numbers("llama", expert_count=8, expert_used_count=0),
        numbers("llama", expert_count=8, expert_used_count=9),
        numbers("llama", expert_count=8, expert_used_count=[2]),
    ],
    ids=["not said how many are active", "nor of how many", "none", "more than there are", "of too few layers"],
)
def test_experts_of_which_it_is_not_known_how_many_are_active_leave_it_open(mixture: list[Key]) -> None:
    found = whole(*mixture, tensors=(HEAD, *STACKED))
    assert found.read_per_token == Gap(Why.NOT_RECORDED, about="expert_used_count")
    assert found.weights == sizes(HEAD, *STACKED)


def test_a_type_that_is_not_known_leaves_the_sums_open() -> None:
    data = header(*LLAMA, tensors=(), rows=2) + row(HEAD, 0) + row(("x", (64,), 77), 32 * 1024)
    found = read(data, len(data) + (1 << 20))
    assert isinstance(found, Anatomy)
    assert found.weights == found.read_per_token == Gap(Why.NOT_UNDERSTOOD, about="tensor type 77")


def test_an_architecture_with_rules_of_its_own_leaves_open_what_is_read(tmp_path: Path) -> None:
    found = read_anatomy(write(tmp_path / "m.gguf", ("general.architecture", TEXT, "t5"), tensors=(HEAD,)))
    assert isinstance(found, Anatomy)
    assert (found.weights, found.read_per_token) == (size_of(HEAD), Gap(Why.NOT_UNDERSTOOD, about="t5"))


def test_keys_that_follow_the_vocabulary_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "m.gguf", LLAMA[0], VOCABULARY, VOCABULARY, *LLAMA[1:], tensors=(HEAD,))
    found = read_anatomy(path)
    assert isinstance(found, Anatomy)
    assert (found.layers, found.quantisation, found.weights) == (2, "Q8_0", size_of(HEAD))


def test_a_key_before_the_one_that_was_looked_for_is_found_by_counting() -> None:
    layers = LLAMA[2]
    data = header(LLAMA[0], VOCABULARY, layers, ("tokenizer.ggml.model", TEXT, "x"), tensors=(HEAD,))
    found = read(data, whole_size(data, (HEAD,)))
    assert isinstance(found, Anatomy)
    assert found.layers == 2


@pytest.mark.parametrize("between", [(), (LLAMA[2],)], ids=["right", "wrong"])
def test_a_guess_that_no_tensor_proves_is_not_believed(between: tuple[Key, ...]) -> None:
    keys = (LLAMA[0], VOCABULARY, *between, ("tokenizer.ggml.model", TEXT, "x"), *LLAMA[2:3][len(between) :])
    data = header(*keys, tensors=())
    found = read(data, len(data))
    assert isinstance(found, Anatomy)
    assert (found.layers, found.weights) == (2, 0)


def unreadable(about: str) -> Gap:
    return Gap(Why.UNREADABLE, about=about)


def table(*rows: bytes, keys: tuple[Key, ...] = LLAMA, count: int | None = None) -> bytes:
    return header(*keys, tensors=(), rows=len(rows) if count is None else count) + b"".join(rows)


def raw_row(name: bytes, dimensions: int, data: bytes) -> bytes:
    return struct.pack("<Q", len(name)) + name + struct.pack("<I", dimensions) + data


LIES: dict[str, tuple[bytes, Gap]] = {
    "more tensors than fit": (table(count=1 << 62), unreadable("truncated")),
    "too many tensors": (table(count=32_769) + bytes(1 << 20), Gap(Why.TOO_MUCH, about="it has too many tensors")),
    "a size of none": (table(row(("x", (64, 0), F32), 0)), unreadable("a tensor that can be none")),
    "sizes beyond any file": (table(row(("x", (1 << 63,) * 4, F32), 0)), unreadable("truncated")),
    "a row of half a block": (table(row(("x", (65,), Q4_0), 0)), unreadable("a tensor that is not whole blocks")),
    "an offset beyond the file": (table(row(HEAD, 1 << 40)), unreadable("truncated")),
    "the same place twice": (table(row(HEAD, 0), row(HEAD, 0)), unreadable("tensors that lie on each other")),
    "an odd offset": (table(row(HEAD, 5)), unreadable("tensors that lie on each other")),
    "five dimensions": (table(row(("x", (1,) * 5, F32), 0)), unreadable("a tensor of too many dimensions")),
    "no name": (table(raw_row(b"", 1, bytes(20))), unreadable("a tensor's name of impossible length")),
    "a name without end": (
        table(raw_row(b"x" * 600, 1, bytes(20))),
        unreadable("a tensor's name of impossible length"),
    ),
    "a name that is not ASCII": (table(raw_row(b"\xff", 0, bytes(12))), unreadable("a tensor that can be none")),
    "a type beyond all": (table(row(("x", (64,), 1 << 20), 0)), unreadable("a tensor that can be none")),
    "no alignment": (table(row(HEAD, 0), keys=(("general.alignment", U32, 0),)), unreadable("an impossible alignment")),
    "an odd alignment": (
        table(row(HEAD, 0), keys=(("general.alignment", U32, 48),)),
        unreadable("an impossible alignment"),
    ),
    "an alignment beyond all": (
        table(row(HEAD, 0), keys=(("general.alignment", U64, 1 << 21),)),
        unreadable("an impossible alignment"),
    ),
    "an alignment in words": (
        table(row(HEAD, 0), keys=(("general.alignment", TEXT, "32"),)),
        unreadable("an impossible alignment"),
    ),
}


@pytest.mark.parametrize(("data", "gap"), LIES.values(), ids=LIES)
def test_a_table_that_lies_is_a_gap_that_says_how(data: bytes, gap: Gap) -> None:
    assert read(data, len(data) + (64 << 10)) == gap


def test_a_file_without_all_of_its_data_is_a_gap() -> None:
    data = header(*LLAMA, tensors=(EMBEDDING, HEAD))
    size = whole_size(data, (EMBEDDING, HEAD))
    assert isinstance(read(data, size), Anatomy)
    assert read(data, size - 1) == unreadable("truncated")


def test_the_alignment_of_the_data_is_the_one_stated() -> None:
    data = header(("general.alignment", U32, 4096), tensors=(HEAD,))
    assert read(data, len(data) + -len(data) % 4096 + size_of(HEAD) - 1) == unreadable("truncated")
    assert isinstance(read(data, len(data) + -len(data) % 4096 + size_of(HEAD)), Anatomy)
    assert -len(data) % 4096 > -len(data) % ALIGNMENT


@pytest.mark.parametrize("cut", range(0, len(header(*LLAMA, tensors=(HEAD, *LAYERS))), 11))
def test_a_header_that_ends_too_soon_is_a_gap(cut: int) -> None:
    assert read(header(*LLAMA, tensors=(HEAD, *LAYERS))[:cut], cut) == unreadable("truncated")


def part(folder: Path, number: int, count: int, *tensors: Tensor, keys: tuple[Key, ...] = ()) -> Path:
    path = folder / f"model-{number:05}-of-{count:05}.gguf"
    return write(path, *keys, ("split.count", U16, count), tensors=tensors)


def test_a_split_model_is_put_together(tmp_path: Path) -> None:
    mixture = (*LLAMA, *numbers("llama", expert_count=8, expert_used_count=2))
    first = part(tmp_path, 1, 3, EMBEDDING, *LAYERS, keys=mixture)
    part(tmp_path, 2, 3, *STACKED)
    part(tmp_path, 3, 3, HEAD)
    found = read_anatomy(first)
    assert isinstance(found, Anatomy)
    assert found.weights == sizes(EMBEDDING, HEAD, *LAYERS, *STACKED)
    assert found.read_per_token == sizes(HEAD, *LAYERS) + sizes(*STACKED) // 4


@pytest.mark.parametrize("last", ["absent", "damaged", "a folder"])
def test_a_split_model_that_lacks_a_part_has_no_sums(tmp_path: Path, last: str) -> None:
    first = part(tmp_path, 1, 2, EMBEDDING, *LAYERS, keys=LLAMA)
    second = tmp_path / "model-00002-of-00002.gguf"
    if last == "a folder":
        second.mkdir()
    elif last == "damaged":
        second.write_bytes(b"GGML")
    gap = unreadable("not a GGUF file") if last == "damaged" else Gap(Why.NOT_THERE, about="part 2 of 2")
    found = read_anatomy(first)
    assert isinstance(found, Anatomy)
    assert (found.weights, found.read_per_token, found.layers) == (gap, gap, 2)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_part_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    first = part(tmp_path, 1, 2, EMBEDDING, keys=LLAMA)
    outside = part(tmp_path, 2, 3, HEAD)
    (tmp_path / "model-00002-of-00002.gguf").symlink_to(outside)
    found = read_anatomy(first)
    assert isinstance(found, Anatomy)
    assert found.weights == Gap(Why.NOT_THERE, about="part 2 of 2")


@pytest.mark.parametrize(
    ("name", "count", "gap"),
    [
        ("sha256-abc", (U16, 3), Gap(Why.NOT_THERE, about="the other parts of 3")),
        ("model-00002-of-00003.gguf", (U16, 3), Gap(Why.NOT_THERE, about="the other parts of 3")),
        ("model-00001-of-00002.gguf", (U16, 3), Gap(Why.NOT_THERE, about="the other parts of 3")),
        ("model.gguf", (U32, 1000), unreadable("split.count")),
        ("model.gguf", (TEXT, "3"), unreadable("split.count")),
    ],
)
def test_parts_that_no_name_tells_are_not_there(tmp_path: Path, name: str, count: tuple[int, object], gap: Gap) -> None:
    found = read_anatomy(write(tmp_path / name, *LLAMA, ("split.count", *count), tensors=(HEAD,)))
    assert isinstance(found, Anatomy)
    assert found.weights == gap


@pytest.mark.parametrize("count", [0, 1])
def test_a_model_in_one_part_is_whole(tmp_path: Path, count: int) -> None:
    found = read_anatomy(write(tmp_path / "m.gguf", *LLAMA, ("split.count", U16, count), tensors=(HEAD,)))
    assert isinstance(found, Anatomy)
    assert found.weights == size_of(HEAD)


def test_what_is_not_there_is_a_gap(tmp_path: Path) -> None:
    assert read_anatomy(tmp_path / "nothing") == unreadable("cannot be read")


def test_every_type_of_tensor_has_its_published_size() -> None:
    kinds = yaml.safe_load((files("modelcheck.data") / "gguf.yaml").read_bytes())["tensor_types"]
    assert len({name for name, _, _ in kinds.values()}) == len(kinds) == 35
    assert {kinds[8][2] / kinds[8][1], kinds[12][2] / kinds[12][1], kinds[39][2] / kinds[39][1]} == {
        1.0625,
        0.5625,
        0.53125,
    }


def test_the_table_of_architectures_names_each_once() -> None:
    known = architectures()
    groups = [known.full, known.windows, known.hybrids, known.recurrent, known.encoders, known.diffusers, known.others]
    names = [name for group in groups for name in group]
    assert len(set(names)) == len(names) > 120


def memory_of(data: bytes) -> tuple[Anatomy | Gap, int]:
    read(data, len(data))
    tracemalloc.start()
    try:
        return read(data, len(data)), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_table_of_tensors() -> None:
    rows = b"".join(row((f"blk.{number}.x.weight", (1,), F32), 32 * number) for number in range(30_000))
    data = table(rows, count=30_000)
    found, peak = memory_of(data + bytes(32 * 30_000 + 32))
    assert isinstance(found, Anatomy)
    assert found.weights == 4 * 30_000
    assert peak < 2 << 20


@pytest.mark.parametrize(
    ("kind", "item"), [(TEXT, "x" * 60_000), (ARRAY, (U64, [1 << 60] * 512)), (ARRAY, (U64, [1 << 60] * 9000))]
)
def test_memory_does_not_grow_with_architectures_that_the_file_is_not_of(kind: int, item: object) -> None:
    keys: list[Key] = [(f"a{number}.block_count", kind, item) for number in range(120)]
    found, peak = memory_of(header(*keys))
    assert found == Gap(Why.TOO_MUCH, about="its header has too many keys")
    assert peak < 4 << 20


VALID = header(
    *LLAMA,
    ("llama.attention.sliding_window_pattern", ARRAY, (U16, [1, 2, 3])),
    ("x.texts", ARRAY, (TEXT, ["a", "b"])),
    ("tokenizer.ggml.model", TEXT, "x"),
    *numbers("llama", expert_count=8, expert_used_count=[2, 4]),
    tensors=(EMBEDDING, HEAD, *LAYERS, *STACKED),
)
HARMS = {Why.UNREADABLE, Why.NOT_UNDERSTOOD, Why.TOO_MUCH}


def harmless(data: bytes, size: int) -> None:
    before = time.monotonic()
    found = read(data, size)
    assert time.monotonic() - before < 5
    if isinstance(found, Gap):
        assert found.why in HARMS
        return
    assert isinstance(found.weights, Gap) or 0 <= found.weights <= size
    assert isinstance(found.read_per_token, Gap) or 0 <= found.read_per_token <= size
    elements = found.cache_elements(1 << 30)
    assert isinstance(elements, Gap) or 0 <= elements < 1 << 62
    assert 0 <= found.state < 1 << 62


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=400).map(lambda tail: b"GGUF\x03\0\0\0" + tail) | st.binary(max_size=100))
def test_random_bytes_do_no_harm(data: bytes) -> None:
    harmless(data, len(data))


@settings(max_examples=500, deadline=None)
@given(
    edits=st.lists(
        st.tuples(st.integers(8, len(VALID) - 1), st.binary(min_size=1, max_size=8), st.integers(0, 8)), max_size=4
    ),
    jump=st.booleans(),
)
def test_a_damaged_header_does_no_harm(edits: list[tuple[int, bytes, int]], jump: bool) -> None:
    data = bytearray(VALID)
    for at, new, length in edits:
        data[at : at + length] = new
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(walk, "MANY_TEXTS", 0 if jump else 4096)
        patched.setattr(stream, "_FIRST_READ", 32)
        harmless(bytes(data), len(data) + (1 << 20))


def test_the_header_that_is_damaged_is_a_true_one() -> None:
    found = read(VALID, len(VALID) + (1 << 20))
    assert isinstance(found, Anatomy)
    assert isinstance(found.read_per_token, int)
    assert text("blk.1.ffn_up_exps.bias") in VALID
