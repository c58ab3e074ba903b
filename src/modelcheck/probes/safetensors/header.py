"""The header of one safetensors file: what its tensors take, each held against the file that it lies in."""

from array import array
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from math import prod
from typing import Annotated

import msgspec

from modelcheck.core.codec import NotJson, convert, decode_json
from modelcheck.core.gap import Why
from modelcheck.core.text import printable
from modelcheck.probes.safetensors.scan import FOREIGN, Scan
from modelcheck.probes.stream import Stopped, Stream

MOST_READ = 16 << 20
"""Bytes of one header; the format allows 100 MB, and 20,000 tensors take some 3 MB."""
MOST_TENSORS = 32_768
MOST_BYTES = 8 << 10
"""Of what is said of one tensor."""

_BITS = {
    **dict.fromkeys(("F4",), 4),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E4M3FNUZ", "F8_E5M2", "F8_E5M2FNUZ", "F8_E8M0"), 8),
    **dict.fromkeys(("I16", "U16", "F16", "BF16"), 16),
    **dict.fromkeys(("I32", "U32", "F32"), 32),
    **dict.fromkeys(("I64", "U64", "F64", "C64"), 64),
}
"""Of one element of each type that the format has (safetensors 0.7, `Dtype`)."""

_Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 62)]


class _Tensor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    dtype: str
    shape: Annotated[list[_Count], msgspec.Meta(max_length=32)]
    data_offsets: tuple[_Count, _Count]


@dataclass
class Tensors:
    """Sums over the tensors of a file; those of several files are put together by `include`."""

    parameters: int = 0
    size: int = 0
    """Bytes."""
    types: Counter[str] = field(default_factory=Counter[str])
    """Bytes of each type."""

    def include(self, further: "Tensors") -> None:
        """Add the sums of a further file of the same model."""
        self.parameters += further.parameters
        self.size += further.size
        self.types += further.types


def read_tensors(stream: Stream) -> Tensors:
    """Read the header from the start of a stream. Raises Stopped where it does not describe every byte of the file."""
    length = stream.number("Q")
    stream.need(length)
    if length > MOST_READ:
        raise Stopped(Why.TOO_MUCH, "its header is too long")
    data = stream.size - stream.position - length
    sums, names = Tensors(), array("q")
    starts, ends = array("q"), array("q")
    for name, text in Scan(stream, length).members():
        tensor = _read(text)
        start, end = tensor.data_offsets
        if len(names) == MOST_TENSORS:
            raise Stopped(Why.TOO_MUCH, "it has too many tensors")
        if not start <= end <= data or len(sums.types) > len(_BITS):
            raise Stopped(Why.UNREADABLE, "a tensor that lies outside of the file")
        names.append(hash(name))
        starts.append(start)
        ends.append(end)
        sums.include(_sums(tensor))
    if not _are_different(names):
        raise Stopped(Why.UNREADABLE, "a tensor stands twice")
    if not _fill(starts, ends, data) or sums.size != data:
        raise Stopped(Why.UNREADABLE, "tensors that lie on each other, or leave holes")
    return sums


def _read(text: bytes) -> _Tensor:
    try:
        return convert(decode_json(text, limit=MOST_BYTES), _Tensor)
    except NotJson:
        raise Stopped(Why.UNREADABLE, FOREIGN) from None


def _sums(tensor: _Tensor) -> Tensors:
    start, end = tensor.data_offsets
    parameters = prod(tensor.shape)
    bits = _BITS.get(tensor.dtype)
    if bits is None:
        raise Stopped(Why.NOT_UNDERSTOOD, f"tensors of type {printable(tensor.dtype, 20)}")
    if (parameters * bits + 7) // 8 != end - start:
        raise Stopped(Why.UNREADABLE, "a tensor of another size than its shape")
    return Tensors(parameters, end - start, Counter({tensor.dtype: end - start}))


def _are_different(names: "array[int]") -> bool:
    return all(one != other for one, other in pairwise(sorted(names)))


def _fill(starts: "array[int]", ends: "array[int]", data: int) -> bool:
    """Whether the tensors lie one behind the other from the first byte to the last, in whatever order they are told."""
    return [*sorted(starts), data] == [0, *sorted(ends)]
