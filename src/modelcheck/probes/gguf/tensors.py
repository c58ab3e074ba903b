"""The table of tensors of a GGUF file: one after the other, each held against the file that it lies in."""

import struct
from math import prod
from typing import NamedTuple

from modelcheck.core.gap import Why
from modelcheck.probes.gguf.tables import tensor_types
from modelcheck.probes.gguf.weights import Weights
from modelcheck.probes.stream import Stopped, Stream

MOST_TENSORS = 32_768
DEFAULT_ALIGNMENT = 32
_LARGEST_ALIGNMENT = 1 << 20
_LONGEST_NAME = 512
_MOST_DIMENSIONS = 4
_MOST_TYPES = 1000
_ROWS = tuple(struct.Struct(f"<{count}QIQ") for count in range(_MOST_DIMENSIONS + 1))
_SMALLEST = 25  # eight bytes of length, one of name, four of dimensions, four of type, eight of offset


class Tensor(NamedTuple):
    """A row of the table."""

    name: str
    sizes: tuple[int, ...]
    """Of its dimensions, rows first."""
    kind: int
    offset: int
    """Bytes from where the table's data begin."""


def read_tensor(stream: Stream) -> Tensor:
    """Read one row. Raises Stopped for what is none."""
    length = stream.number("Q")
    if not 0 < length <= _LONGEST_NAME:
        raise Stopped(Why.UNREADABLE, "a tensor's name of impossible length")
    name = stream.take(length)
    dimensions = stream.number("I")
    if dimensions > _MOST_DIMENSIONS:
        raise Stopped(Why.UNREADABLE, "a tensor of too many dimensions")
    form = _ROWS[dimensions]
    *sizes, kind, offset = form.unpack(stream.take(form.size))
    if kind >= _MOST_TYPES or 0 in sizes or not name.isascii():
        raise Stopped(Why.UNREADABLE, "a tensor that can be none")
    return Tensor(name.decode("ascii"), tuple(sizes), kind, offset)


def read_tensors(stream: Stream, count: int, alignment: int, weights: Weights) -> None:
    """Add up the table. Raises Stopped where a tensor lies outside of the file or on another one."""
    stream.need(count * _SMALLEST)
    if count > MOST_TENSORS:
        raise Stopped(Why.TOO_MUCH, "it has too many tensors")
    if not 0 < alignment <= _LARGEST_ALIGNMENT or alignment & (alignment - 1):
        raise Stopped(Why.UNREADABLE, "an impossible alignment")
    end = 0
    for _ in range(count):
        tensor = read_tensor(stream)
        if tensor.offset < end or tensor.offset % alignment:
            raise Stopped(Why.UNREADABLE, "tensors that lie on each other")
        size = _size(tensor)
        weights.add(tensor.name, tensor.kind, size)
        end = tensor.offset + size
    if count:
        stream.need(-stream.position % alignment + end)


def _size(tensor: Tensor) -> int:
    """Bytes; of a type that is not known, none."""
    block = tensor_types().get(tensor.kind)
    if block is None:
        return 0
    if tensor.sizes and tensor.sizes[0] % block.elements:
        raise Stopped(Why.UNREADABLE, "a tensor that is not whole blocks")
    return prod(tensor.sizes) // block.elements * block.size
