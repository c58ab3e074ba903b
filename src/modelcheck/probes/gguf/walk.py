"""One pass over the keys of a GGUF header: what is wanted is kept, all else is passed over without being read."""

import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from modelcheck.core.gap import Why
from modelcheck.probes.gguf.keys import MOST_LAYERS
from modelcheck.probes.stream import Stopped, Stream

T = TypeVar("T")

MOST_READ = 64 << 20
"""Bytes of one header that are read."""
MOST_KEYS = 65_536
MOST_TEXT = 64 << 10
"""Bytes of a key, and of a text that is kept."""
MOST_KEPT = 96
"""Keys that are kept; a file may state the shape of architectures that it is not of."""
MANY_TEXTS = 4096
"""From so many texts on, looking for the key behind an array is quicker than counting its texts."""

Kept = int | str | tuple[int, ...] | None
"""A value of a key that is wanted; None if it is of a type that this key never has."""

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_CODES = "BbHhIif?" + "--" + "Qqd"  # by the number of the value type; `-` are the two below
_NO_INTEGERS = "fd"
_TEXT, _ARRAY = 8, 9
_SMALLEST_KEY = 13  # eight bytes of length, none of text, four of type, one of value
_LONGEST_WANTED = 128
_VOCABULARY = "tokenizer."
_NEXT_KEY = bytes(7) + _VOCABULARY.encode()
"""What follows the lowest byte of the length of a tokenizer's key."""
_BYTES_A_TEXT = 64
"""Longer than the texts of any vocabulary are on average."""
_MOST_SEARCHED = 16 << 20


@dataclass(frozen=True)
class Wanted:
    """The keys to keep, and those after which nothing behind the vocabulary is worth its reading."""

    of_file: frozenset[str] = frozenset()
    """In full, such as `general.name`."""
    of_architecture: frozenset[str] = frozenset()
    """Without the name of the architecture before them."""
    enough: tuple[frozenset[str], ...] = ()
    """Reading ends at the vocabulary where one key of each set was seen; with none it never does."""

    def has(self, key: str) -> bool:
        """Whether a key is to be kept."""
        return key in self.of_file or (len(key) <= _LONGEST_WANTED and key.partition(".")[2] in self.of_architecture)

    def is_served(self, kept: Mapping[str, Kept]) -> bool:
        """Whether what was kept is all that is hoped for."""
        return bool(self.enough) and all(any(key in kept for key in keys) for keys in self.enough)


def read_counts(stream: Stream) -> tuple[int, int]:
    """Read what stands before the first key: the numbers of tensors and of keys. Raises Stopped."""
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


def twice(stream: Stream, read: Callable[[bool], T]) -> T:
    """Read on quickly, and where that does not add up, once more and surely. Raises Stopped."""
    start = stream.position
    with suppress(Stopped):
        return read(True)  # noqa: FBT003 - the one question that the reader is asked
    stream.go(start)
    return read(False)  # noqa: FBT003


class Walk:
    """A pass that looks for the end of long arrays (`quick`), which what follows has to prove right, or counts them."""

    def __init__(self, stream: Stream, wanted: Wanted, *, quick: bool) -> None:
        self._stream = stream
        self._wanted = wanted
        self._quick = quick
        self._kept: dict[str, Kept] = {}
        self.guessed = False
        """Whether the end of an array was looked for and not counted."""
        self.ended_early = False
        """Whether it ended at the vocabulary, so that the stream does not stand at the table of tensors."""

    def read(self, keys: int) -> dict[str, Kept]:
        """Read so many keys, or to the vocabulary where that is enough. Raises Stopped."""
        for _ in range(keys):
            key = self._read_key()
            if key.startswith(_VOCABULARY) and not self.guessed and self._wanted.is_served(self._kept):
                self.ended_early = True
                break
            kind = self._stream.number("I")
            if not self._wanted.has(key):
                self._skip(kind)
            elif key in self._kept:
                raise Stopped(Why.UNREADABLE, "a key stands twice")
            else:
                self._keep(key, kind)
        return self._kept

    def _read_key(self) -> str:
        length = self._stream.number("Q")
        if not 0 < length <= MOST_TEXT:
            raise Stopped(Why.UNREADABLE, "a key of impossible length")
        key = self._stream.take(length)
        if not key.isascii():
            raise Stopped(Why.UNREADABLE, "a key that is not ASCII")
        return key.decode("ascii")

    def _keep(self, key: str, kind: int) -> None:
        if len(self._kept) == MOST_KEPT:
            raise Stopped(Why.TOO_MUCH, "its header has too many keys")
        if kind == _TEXT and key in self._wanted.of_file:
            self._kept[key] = self._read_text()
        elif kind == _ARRAY:
            self._kept[key] = self._read_numbers()
        elif kind != _TEXT and _code(kind) not in _NO_INTEGERS:
            self._kept[key] = self._read_number(_code(kind))
        else:
            self._kept[key] = None
            self._skip(kind)

    def _read_text(self) -> str | None:
        length = self._stream.number("Q")
        if length > MOST_TEXT:
            self._stream.skip(length)
            return None
        return self._stream.take(length).decode("utf-8", "replace")

    def _read_number(self, code: str) -> int:
        return self._stream.take(1) != b"\0" if code == "?" else self._stream.number(code)

    def _read_numbers(self) -> tuple[int, ...] | None:
        start = self._stream.position
        kind, count = self._stream.number("I"), self._stream.number("Q")
        if kind in {_TEXT, _ARRAY} or _code(kind) in _NO_INTEGERS or count > MOST_LAYERS:
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
                self.guessed = True
                stream.go(found - 1)
                return
            stream.go(start)
        stream.skip_texts(count)


def _code(kind: int) -> str:
    """The code in `struct` of a value of one fixed size."""
    if kind >= len(_CODES) or kind in {_TEXT, _ARRAY}:
        raise Stopped(Why.UNREADABLE, "a value of unknown type")
    return _CODES[kind]
