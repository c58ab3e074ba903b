"""Headers of GGUF files: what a model file says of its shape, read without its weights and without trusting it."""

import struct
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import yaml

from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.text import printable
from modelcheck.probes.stream import Stopped, Stream, opened

MOST_READ = 64 << 20
"""Bytes of one header that are read."""
MOST_KEYS = 65_536
MOST_TEXT = 64 << 10
"""Bytes of a text that is kept, and of a key."""
MOST_NUMBERS = 1024
"""Elements of an array that is kept: one for each layer."""
MOST_KEPT = 64
"""Keys that are kept; a file may state the shape of architectures that it is not of."""
MANY_TEXTS = 4096
"""From so many texts on, looking for the key behind an array is quicker than counting its texts."""

Kept = int | str | tuple[int, ...] | None
"""A value of a key that is wanted; None if it is of a type that this key never has."""

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_CODES = "BbHhIif?" + "--" + "Qqd"  # by the number of the value type; `-` are the two below
_NO_INTEGERS = "f?d"
_TEXT, _ARRAY = 8, 9
_SMALLEST_KEY = 13  # eight bytes of length, none of text, four of type, one of value
_LONGEST_TENSOR = 512
_MOST_DIMENSIONS = 8
_MOST_TENSOR_TYPES = 1000
_A_GUESS = 1024
"""Added to a file type that its writer only guessed."""

_GENERAL = ("architecture", "name", "file_type", "parameter_count", "size_label")
_OF_ARCHITECTURE = (
    "block_count",
    "context_length",
    "attention.head_count",
    "attention.head_count_kv",
    "attention.key_length",
    "attention.value_length",
)
_NEXT_KEY = bytes(7) + b"tokenizer."
"""What follows the lowest byte of the length of a tokenizer's key."""
_BYTES_A_TEXT = 64
"""Longer than the texts of any vocabulary are on average."""
_MOST_SEARCHED = 16 << 20


@dataclass(frozen=True)
class Header:
    """What the header states; a key that is not there is a gap."""

    architecture: str | Gap
    name: str | Gap
    quantisation: str | Gap
    size_label: str | Gap
    """Such as `8x7B`, as its maker wrote it."""
    parameters: int | Gap
    layers: int | Gap
    max_context: int | Gap
    """Tokens."""
    heads: int | tuple[int, ...] | Gap
    """Of attention; one number for each layer where they differ."""
    kv_heads: int | tuple[int, ...] | Gap
    key_length: int | Gap
    """Elements of one key vector."""
    value_length: int | Gap


def read_header(path: Path) -> Header | Gap:
    """Read the header of a GGUF file of version 2 or 3, little-endian; whatever the file holds, nothing is raised."""
    try:
        with opened(path, MOST_READ) as stream:
            return _header(_read_keys(stream))
    except Stopped as stopped:
        return stopped.gap


def _read_keys(stream: Stream) -> dict[str, Kept]:
    """Quickly, and where that does not add up, by counting every text."""
    tensors, keys = _read_counts(stream)
    start = stream.position
    try:
        return _Walk(stream, quick=True).read(keys, tensors)
    except Stopped:
        stream.go(start)
        return _Walk(stream, quick=False).read(keys, tensors)


def _read_counts(stream: Stream) -> tuple[int, int]:
    """Read what stands before the first key: the numbers of tensors and of keys."""
    if stream.take(4) != _MAGIC:
        raise Stopped(Why.UNREADABLE, "not a GGUF file")
    version = stream.number("I")
    if version & 0xFFFF == 0:
        raise Stopped(Why.NOT_UNDERSTOOD, "a big-endian GGUF file")
    if version not in _VERSIONS:
        raise Stopped(Why.NOT_UNDERSTOOD, f"GGUF version {version}")
    tensors, keys = stream.number("Q"), stream.number("Q")
    stream.need(keys * _SMALLEST_KEY)
    if keys > MOST_KEYS:
        raise Stopped(Why.TOO_MUCH, "its header has too many keys")
    return tensors, keys


class _Walk:
    """One pass over the keys."""

    def __init__(self, stream: Stream, *, quick: bool) -> None:
        self._stream = stream
        self._quick = quick
        self._guessed = False  # whether the end of an array was looked for and not counted
        self._kept: dict[str, Kept] = {}

    def read(self, keys: int, tensors: int) -> dict[str, Kept]:
        """Read until all that is wanted was seen, else to the table of tensors, which proves that the keys add up."""
        for _ in range(keys):
            key = self._read_key()
            kind = self._stream.number("I")
            if not _is_wanted(key):
                self._skip(kind)
            elif key in self._kept:
                raise Stopped(Why.UNREADABLE, "a key stands twice")
            else:
                self._keep(key, kind)
                if self._is_complete() and not self._guessed:
                    return self._kept
        if not _is_tensor(self._stream) if tensors else self._guessed:
            raise Stopped(Why.UNREADABLE, "its keys do not add up")
        return self._kept

    def _read_key(self) -> str:
        length = self._stream.number("Q")
        if not 0 < length <= MOST_TEXT:
            raise Stopped(Why.UNREADABLE, "a key of impossible length")
        key = self._stream.take(length)
        if not key.isascii():
            raise Stopped(Why.UNREADABLE, "a key that is not ASCII")
        return key.decode("ascii")

    def _is_complete(self) -> bool:
        if len(self._kept) < len(_GENERAL) + len(_OF_ARCHITECTURE):
            return False
        architecture = self._kept.get("general.architecture")
        expected = [f"general.{name}" for name in _GENERAL] + [f"{architecture}.{name}" for name in _OF_ARCHITECTURE]
        return all(key in self._kept for key in expected)

    def _keep(self, key: str, kind: int) -> None:
        if len(self._kept) == MOST_KEPT:
            raise Stopped(Why.TOO_MUCH, "its header has too many keys")
        if kind == _TEXT and key.startswith("general."):
            self._kept[key] = self._read_text()
        elif kind == _ARRAY:
            self._kept[key] = self._read_numbers()
        elif kind != _TEXT and _code(kind) not in _NO_INTEGERS:
            self._kept[key] = self._stream.number(_code(kind))
        else:
            self._kept[key] = None
            self._skip(kind)

    def _read_text(self) -> str | None:
        length = self._stream.number("Q")
        if length > MOST_TEXT:
            self._stream.skip(length)
            return None
        return self._stream.take(length).decode("utf-8", "replace")

    def _read_numbers(self) -> tuple[int, ...] | None:
        start = self._stream.position
        kind, count = self._stream.number("I"), self._stream.number("Q")
        if kind in {_TEXT, _ARRAY} or _code(kind) in _NO_INTEGERS or count > MOST_NUMBERS:
            self._stream.go(start)
            self._skip(_ARRAY)
            return None
        code = f"<{count}{_code(kind)}"
        return struct.unpack(code, self._stream.take(struct.calcsize(code)))

    def _skip(self, kind: int) -> None:
        if kind == _TEXT:
            self._stream.skip(self._stream.number("Q"))
        elif kind != _ARRAY:
            self._stream.skip(struct.calcsize(_code(kind)))
        else:
            kind, count = self._stream.number("I"), self._stream.number("Q")
            if kind == _TEXT:
                self._skip_texts(count)
            elif kind == _ARRAY:
                raise Stopped(Why.UNREADABLE, "an array of arrays")
            else:
                self._stream.skip(count * struct.calcsize(_code(kind)))

    def _skip_texts(self, count: int) -> None:
        """A tokenizer's arrays are the bulk of a header, and what follows them is nearly always a tokenizer's key."""
        stream, start = self._stream, self._stream.position
        if self._quick and count >= MANY_TEXTS:
            found = stream.find(_NEXT_KEY, min(count * _BYTES_A_TEXT, _MOST_SEARCHED))
            if found is not None:
                self._guessed = True
                stream.go(found - 1)
                return
            stream.go(start)
        stream.skip_texts(count)


def _is_wanted(key: str) -> bool:
    first, _, rest = key.partition(".")
    return rest in (_GENERAL if first == "general" else _OF_ARCHITECTURE)


def _code(kind: int) -> str:
    """The code in `struct` of a value of one fixed size."""
    if kind >= len(_CODES) or kind in {_TEXT, _ARRAY}:
        raise Stopped(Why.UNREADABLE, "a value of unknown type")
    return _CODES[kind]


def _is_tensor(stream: Stream) -> bool:
    """Whether the stream stands before the table of tensors: a name, the sizes of its dimensions, type and offset."""
    length = stream.number("Q")
    if not 0 < length <= _LONGEST_TENSOR or not stream.take(length).isascii():
        return False
    dimensions = stream.number("I")
    if dimensions > _MOST_DIMENSIONS:
        return False
    stream.skip(dimensions * 8)
    return stream.number("I") < _MOST_TENSOR_TYPES


def _header(kept: dict[str, Kept]) -> Header:
    of = kept.get("general.architecture")
    return Header(
        architecture=_text(kept, "general.architecture"),
        name=_text(kept, "general.name"),
        quantisation=_quantisation(_number(kept, "general.file_type")),
        size_label=_text(kept, "general.size_label"),
        parameters=_number(kept, "general.parameter_count"),
        layers=_number(kept, f"{of}.block_count"),
        max_context=_number(kept, f"{of}.context_length"),
        heads=_per_layer(kept, f"{of}.attention.head_count"),
        kv_heads=_per_layer(kept, f"{of}.attention.head_count_kv"),
        key_length=_number(kept, f"{of}.attention.key_length"),
        value_length=_number(kept, f"{of}.attention.value_length"),
    )


def _text(kept: dict[str, Kept], key: str) -> str | Gap:
    if key not in kept:
        return NOT_RECORDED
    value = kept[key]
    return printable(value) if isinstance(value, str) and value else Gap(Why.UNREADABLE, about=printable(key))


def _number(kept: dict[str, Kept], key: str) -> int | Gap:
    value = _per_layer(kept, key)
    return Gap(Why.UNREADABLE, about=printable(key)) if isinstance(value, tuple) else value


def _per_layer(kept: dict[str, Kept], key: str) -> int | tuple[int, ...] | Gap:
    if key not in kept:
        return NOT_RECORDED
    value = kept[key]
    numbers = value if isinstance(value, tuple) else (value,)
    if isinstance(value, int | tuple) and all(isinstance(number, int) and number >= 0 for number in numbers):
        return value
    return Gap(Why.UNREADABLE, about=printable(key))


def _quantisation(number: int | Gap) -> str | Gap:
    if isinstance(number, Gap):
        return number
    return _file_types().get(number & ~_A_GUESS, Gap(Why.NOT_UNDERSTOOD, about=f"file type {number}"))


@cache
def _file_types() -> dict[int, str]:
    table = yaml.safe_load((files("modelcheck.data") / "gguf.yaml").read_bytes())
    return dict(table["file_types"])
