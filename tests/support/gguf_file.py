"""Headers of GGUF files, made from keys and tensors as a table of cases names them."""

import struct
from collections.abc import Iterable, Sequence
from math import prod
from pathlib import Path
from typing import cast

from modelcheck.probes.gguf.tables import tensor_types

U8, I8, U16, I16, U32, I32, F32, BOOL, TEXT, ARRAY, U64, I64, F64 = range(13)
CODES = {U8: "B", I8: "b", U16: "H", I16: "h", U32: "I", I32: "i", F32: "f", BOOL: "?", U64: "Q", I64: "q", F64: "d"}
ALIGNMENT = 32

Key = tuple[str, int, object]
Tensor = tuple[str, tuple[int, ...], int]
"""Name, sizes of dimensions, and the number of its type."""

TENSOR: Tensor = ("token_embd.weight", (4096, 128_256), 12)


def text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def value(kind: int, given: object) -> bytes:
    if kind == TEXT:
        assert isinstance(given, str)
        return text(given)
    if kind == ARRAY:
        element, items = cast("tuple[int, list[object]]", given)
        return struct.pack("<IQ", element, len(items)) + b"".join(value(element, item) for item in items)
    return struct.pack(f"<{CODES[kind]}", given)


def numbers(architecture: str, **stated: int | bool | Sequence[int] | Sequence[bool]) -> list[Key]:
    """Keys of an architecture by their names with `_` for `.` of `attention` and the like, given as `group__name`."""
    return [(f"{architecture}.{name.replace('__', '.')}", *_typed(given)) for name, given in stated.items()]


def _typed(given: int | bool | Sequence[int] | Sequence[bool]) -> tuple[int, object]:
    if isinstance(given, bool):
        return BOOL, given
    if isinstance(given, int):
        return U32, given
    return ARRAY, (BOOL if isinstance(given[0], bool) else U32, list(given))


def size_of(tensor: Tensor) -> int:
    _, sizes, kind = tensor
    block = tensor_types()[kind]
    assert sizes[0] % block.elements == 0
    return prod(sizes) // block.elements * block.size


def row(tensor: Tensor, offset: int) -> bytes:
    name, sizes, kind = tensor
    return text(name) + struct.pack(f"<I{len(sizes)}QIQ", len(sizes), *sizes, kind, offset)


def table(tensors: Iterable[Tensor]) -> tuple[bytes, int]:
    """The table of tensors, and the bytes of data that it speaks of."""
    rows: list[bytes] = []
    end = 0
    for tensor in tensors:
        start = end + -end % ALIGNMENT
        rows.append(row(tensor, start))
        end = start + size_of(tensor)
    return b"".join(rows), end


def header(
    *keys: Key,
    version: int = 3,
    count: int | None = None,
    tensors: Sequence[Tensor] = (TENSOR,),
    rows: int | None = None,
) -> bytes:
    """A file without its data; `count` and `rows` are the numbers of keys and tensors that it claims to have."""
    claimed = len(tensors) if rows is None else rows
    start = b"GGUF" + struct.pack("<IQQ", version, claimed, len(keys) if count is None else count)
    body = b"".join(text(name) + struct.pack("<I", kind) + value(kind, item) for name, kind, item in keys)
    return start + body + table(tensors)[0]


def whole_size(data: bytes, tensors: Iterable[Tensor]) -> int:
    """Bytes of a file with its data."""
    return len(data) + -len(data) % ALIGNMENT + table(tensors)[1]


def write(path: Path, *keys: Key, tensors: Sequence[Tensor] = (TENSOR,)) -> Path:
    """Write a file of its full size; its data are a hole."""
    data = header(*keys, tensors=tensors)
    with path.open("wb") as file:
        file.write(data)
        file.truncate(whole_size(data, tensors))
    return path
