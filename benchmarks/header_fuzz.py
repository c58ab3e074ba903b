"""Hostile headers of GGUF and safetensors files: `python benchmarks/header_fuzz.py [CASES] [SEED]`.

True headers are cut, damaged and put together anew, and lies are made on purpose: counts and lengths at the edges of
their types, arrays in arrays, products beyond 64 bits, names twice, JSON without end. Whatever a reader says, it must
say it as a gap or as an answer within the file, soon, and in little memory.
"""

import json
import random
import struct
import sys
import time
import tracemalloc
from collections.abc import Callable
from io import BytesIO

from modelcheck.core.anatomy import Anatomy
from modelcheck.core.gap import Gap
from modelcheck.probes.gguf import walk
from modelcheck.probes.gguf.anatomy import anatomise, anatomy_of
from modelcheck.probes.gguf.header import Header, header_of
from modelcheck.probes.safetensors.header import Tensors, read_tensors
from modelcheck.probes.stream import Stopped, Stream

CASES = 120_000
MEASURED = 50
"""Every so many cases memory is measured, which takes its time."""
BUDGET = 64 << 20
ROOM = 1 << 30
"""Bytes of data that a GGUF file claims to have behind its header."""
EDGES = (0, 1, 2, 7, 8, 63, 64, 255, 1 << 16, (1 << 31) - 1, 1 << 31, 1 << 32, 1 << 62, 1 << 63, (1 << 64) - 1)
DEPTH = 5
ODD: tuple[object, ...] = (*EDGES, -1, 1.5, "x", None, {"a": 1})
U32, TEXT, ARRAY, U64 = 4, 8, 9, 10
CODES = dict(enumerate("BbHhIif?"))
ARCHITECTURES = ("llama", "gemma3", "gpt-oss", "qwen3next", "jamba", "deepseek2", "nemotron_h", "mamba", "bert", "x")
NAMES = (
    "block_count",
    "context_length",
    "embedding_length",
    "feed_forward_length",
    "expert_count",
    "expert_used_count",
    "nextn_predict_layers",
    "pooling_type",
    "full_attention_interval",
    "ssm.conv_kernel",
    "ssm.inner_size",
    "ssm.state_size",
    "attention.head_count",
    "attention.head_count_kv",
    "attention.key_length",
    "attention.key_length_mla",
    "attention.value_length",
    "attention.value_length_mla",
    "attention.kv_lora_rank",
    "attention.sliding_window",
    "attention.sliding_window_pattern",
    "attention.shared_kv_layers",
)
TENSORS = (
    "token_embd.weight",
    "output.weight",
    "blk.0.ffn_up_exps.weight",
    "blk.1.ffn_up.3.weight",
    "v.x",
    "blk.9999.x",
)

Answer = Header | Anatomy | Tensors
Reader = Callable[[Stream], Answer]


def text(data: bytes) -> bytes:
    """A text with its length before it."""
    return struct.pack("<Q", len(data)) + data


class Maker:
    """Makes headers, true and untrue."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - the same cases each time
        self.pick = self._random.choice
        self.below = self._random.randrange

    def number(self) -> int:
        """A number that a shape may have, or one at an edge."""
        return self.pick(EDGES) if self.below(8) == 0 else self.pick((1, 2, 4, 8, 16, 64, 128, 512))

    def value(self, depth: int = 0) -> bytes:
        """A value with its type before it."""
        kind = self.below(13) if self.below(20) else 13
        if kind in CODES:
            return struct.pack("<I", kind) + self._random.randbytes(struct.calcsize(CODES[kind]))
        if kind == TEXT:
            return struct.pack("<I", TEXT) + text(self._random.randbytes(self.below(20)))
        if kind == ARRAY:
            return self.array(depth)
        return struct.pack("<I", kind) + self._random.randbytes(8)

    def array(self, depth: int) -> bytes:
        """An array whose count may be a lie, of arrays too."""
        kind = self.pick((U32, U32, 7, TEXT, U64)) if self.below(20) else self.pick((ARRAY, 99))
        count = self.pick((0, 1, 2, 4, 4, 4, 600))
        start = struct.pack("<IIQ", ARRAY, kind, self.pick(EDGES) if self.below(6) == 0 else count)
        if kind == ARRAY and depth < DEPTH:
            return start + self.array(depth + 1)[4:]
        if kind == TEXT:
            return start + b"".join(text(self._random.randbytes(self.below(9))) for _ in range(min(count, 8)))
        return start + self._random.randbytes(count * (8 if kind == U64 else 1 if kind == 7 else 4))  # noqa: PLR2004

    def key(self, full: str) -> bytes:
        """A key, mostly of the kind that it has."""
        name = text(full.encode())
        how = self.below(8)
        if how == 0:
            return name + self.value()
        if how == 1:
            return name + self.array(0)
        return name + struct.pack("<IQ", U64, self.number())

    def tensor(self, at: int) -> tuple[bytes, int]:
        """A row of the table and where the next begins, either of which may be a lie."""
        sizes = [256, *(self.pick((1, 2, 8, 8)) for _ in range(self.below(4)))]
        if self.below(20) == 0:
            sizes[self.below(len(sizes))] = self.pick(EDGES)
        count = len(sizes) if self.below(40) else self.pick(EDGES) & 0xFFFFFFFF
        kind = self.pick((0, 1, 2, 8, 12, 14, 39)) if self.below(20) else self.pick((4, 77, 1 << 20))
        start = at if self.below(20) else self.pick(EDGES)
        name = text(self.pick(TENSORS).encode())
        return name + struct.pack(f"<I{len(sizes)}QIQ", count, *sizes, kind, start), at + (1 << 20)

    def gguf(self) -> bytes:
        """A header from parts that are true or lies."""
        architecture = self.pick(ARCHITECTURES)
        keys = [text(b"general.architecture") + struct.pack("<I", TEXT) + text(architecture.encode())]
        names = self._random.sample(NAMES, self.below(len(NAMES) + 1))
        names += [self.pick(NAMES)] if self.below(10) == 0 else []
        keys += [self.key(f"{architecture}.{name}") for name in names]
        keys += [text(b"tokenizer.ggml.x") + self.value() for _ in range(self.below(3))]
        rows: list[bytes] = []
        at = 0
        for _ in range(self.below(8)):
            row, at = self.tensor(at)
            rows.append(row)
        counts = [len(rows), len(keys)]
        if self.below(10) == 0:
            counts[self.below(2)] = self.pick(EDGES)
        version = self.pick((2, 3)) if self.below(20) else self.pick((1, 1 << 24))
        return b"GGUF" + struct.pack("<IQQ", version, *counts) + b"".join(keys + rows)

    def safetensors(self) -> bytes:
        """A header of JSON, with a length that may be a lie."""
        table: dict[str, object] = {"__metadata__": {"format": "pt"}} if self.below(2) else {}
        at = 0
        for number in range(self.below(6)):
            shape: list[object] = [
                self.number() if self.below(9) == 0 else self.pick((1, 2, 8)) for _ in range(self.below(4))
            ]
            size = 2
            for one in shape:
                size *= one if isinstance(one, int) else 1
            offsets: list[object] = [at, at + size]
            if self.below(9) == 0:
                offsets[self.below(2)] = self.pick(ODD)
            table[f"t{number}"] = {
                "dtype": self.pick(("F16", "BF16", "I16")) if self.below(20) else self.pick(("Q4", "", 5)),
                "shape": shape,
                "data_offsets": offsets,
            }
            at += size
        data = json.dumps(table).encode()
        if self.below(6) == 0:
            data = self.pick(
                (
                    b"[" * 2000,
                    b'{"a":' * 2000,
                    data[:-1],
                    data + data,
                    b'{"\\',
                    b"{" + b" " * 3000,
                    b'{"a":{"shape":[1e999]}}',
                )
            )
        length = len(data) if self.below(12) else self.pick(EDGES)
        return struct.pack("<Q", length) + data + bytes(min(at, 1 << 16))

    def damaged(self, data: bytes) -> bytes:
        """The same with bytes exchanged, numbers at edges, parts doubled or left out, or the end cut off."""
        made = bytearray(data)
        for _ in range(self.pick((0, 0, 1, 1, 2, 5))):
            at = self.below(len(made) + 1)
            how = self.below(5)
            if how == 0:
                made[at : at + 8] = struct.pack("<Q", self.pick(EDGES))
            elif how == 1:
                made[at : at + self.below(9)] = self._random.randbytes(self.below(9))
            elif how == 2:  # noqa: PLR2004 - one of five ways
                made[at:at] = made[at : at + self.below(64)]
            elif how == 3:  # noqa: PLR2004
                del made[at : at + self.below(64)]
            else:
                made[at:] = b""
        return bytes(made)


def gguf_list(stream: Stream) -> Header:
    """Read as a list does."""
    return header_of(stream)


def gguf_anatomy(stream: Stream) -> Anatomy:
    """Read as the probe of anatomies does."""
    return anatomy_of(*anatomise(stream))


def looked(read: Reader, data: bytes, size: int) -> Answer | Gap:
    """What a reader says of bytes."""
    try:
        return read(Stream(BytesIO(data), size, BUDGET))
    except Stopped as stopped:
        return stopped.gap


def is_sane(found: Answer | Gap, size: int) -> bool:
    """Whether an answer stays within the file, and within what a fact can hold."""
    if isinstance(found, Tensors):
        return 0 <= found.size <= size
    if not isinstance(found, Anatomy):
        return True
    elements = found.cache_elements(1 << 30)
    sums = (found.weights, found.read_per_token)
    return (
        all(isinstance(one, Gap) or 0 <= one <= size for one in sums)
        and (isinstance(elements, Gap) or 0 <= elements < 1 << 62)
        and 0 <= found.state < 1 << 62
    )


class Count:
    """What came of the cases."""

    def __init__(self) -> None:
        self.cases = self.crashes = self.answers = 0
        self.slowest = 0.0
        self.peak = 0

    def take(self, read: Reader, data: bytes, size: int) -> None:
        """Let a reader look at one case."""
        measured = self.cases % MEASURED == 0
        self.cases += 1
        if measured:
            tracemalloc.start()
        began = time.process_time()
        try:
            found = looked(read, data, size)
            self.answers += not isinstance(found, Gap)
            self.crashes += not is_sane(found, size)
        except Exception as error:  # noqa: BLE001 - each is what this looks for
            self.crashes += 1
            print(f"{type(error).__name__}: {error} in {read.__name__}: {data[:300]!r}")
        if measured:
            self.peak = max(self.peak, tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        else:
            self.slowest = max(self.slowest, time.process_time() - began)


def heavy() -> list[tuple[Reader, bytes]]:
    """Cases that are as large as a header may be."""
    tokens = text(b"tokenizer.ggml.tokens") + struct.pack("<IIQ", ARRAY, TEXT, 2_000_000) + text(b"") * 2_000_000
    rows = b"".join(text(b"blk.0.x") + struct.pack("<IQIQ", 1, 1, 0, 32 * index) for index in range(32_768))
    members = b",".join(b'"%d":{"dtype":"I8","shape":[0],"data_offsets":[0,0]}' % index for index in range(32_768))
    made: list[tuple[Reader, bytes]] = [
        (read, b"GGUF" + struct.pack("<IQQ", 3, 1, 2) + tokens + bytes(64)) for read in (gguf_list, gguf_anatomy)
    ]
    made.append((gguf_anatomy, b"GGUF" + struct.pack("<IQQ", 3, 32_768, 0) + rows))
    bodies = (
        b"{" + members + b"}",
        b'{"a":{"shape":[' + b"[]," * (4 << 20),
        b" " * (16 << 20),
        b'{"' + b"\\n" * (4 << 20),
    )
    return made + [(read_tensors, struct.pack("<Q", len(body)) + body) for body in bodies]


def main() -> None:
    """Look at all cases, and print one line."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else CASES
    maker = Maker(int(sys.argv[2]) if len(sys.argv) > 2 else 1)  # noqa: PLR2004 - the second argument
    walk.MANY_TEXTS = 4  # so that short headers are looked through quickly as well
    count = Count()
    while count.cases < cases:
        data = maker.damaged(maker.gguf())
        count.take(maker.pick((gguf_list, gguf_anatomy)), data, len(data) + ROOM)
        data = maker.damaged(maker.safetensors())
        count.take(read_tensors, data, len(data))
    slowest = count.slowest
    for read, data in heavy():
        tracemalloc.start()
        looked(read, data, len(data) + (4 << 20))
        count.peak = max(count.peak, tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        began = time.process_time()
        looked(read, data, len(data) + (4 << 20))
        count.slowest = max(count.slowest, time.process_time() - began)
    print(
        f"hostile headers: {count.cases:,} cases, {count.answers:,} of them answered, {count.crashes} crashes, "
        f"slowest {slowest * 1000:.1f} ms ({count.slowest * 1000:,.0f} ms at the limits of size), "
        f"{count.peak / (1 << 20):.1f} MiB at most"
    )
    sys.exit(1 if count.crashes else 0)


if __name__ == "__main__":
    main()
