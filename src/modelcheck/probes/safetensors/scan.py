"""The JSON of a safetensors header, member by member: no more of it is held at once than the longest member takes."""

import re
from collections.abc import Iterator

from modelcheck.core.gap import Why
from modelcheck.probes.stream import Stopped, Stream

MOST_MEMBER = 1 << 20
"""Bytes of one member."""
MOST_NAMES = 50_000
FOREIGN = "its header is not the JSON of this format"
METADATA = b'"__metadata__"'

_CHUNK = 64 << 10
_SPACE = rb"[ \t\r\n]*+"  # possessive, here and below: no text is looked at twice
_STRING = rb'"(?:[^"\\\x00-\x1f]++|\\.)*+"'
_OPENING = re.compile(_SPACE + rb"\{" + _SPACE)
_CLOSING = re.compile(rb"\}")
_NAME = re.compile(_SPACE + b"(" + _STRING + b")" + _SPACE + b":" + _SPACE)
_OBJECT = re.compile(rb"\{[^{}]*+\}")
_TEXT = re.compile(_STRING)
_NEXT = re.compile(_SPACE + rb"([,}])")
_END = re.compile(_SPACE + rb"\Z")


class Scan:
    """Reads an object whose members are objects without others in them, or texts. Every step raises Stopped."""

    def __init__(self, stream: Stream, length: int) -> None:
        self._stream = stream
        self._left = length
        self._buffer = b""
        self._at = 0
        self._names_left = MOST_NAMES

    def members(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield each tensor's name, in its quotes, and its object, both as they are written."""
        for name in self._names():
            if name == METADATA:
                for _ in self._names():
                    self._take(_TEXT)
            else:
                yield name, self._take(_OBJECT)[0]
        self._take(_END)

    def _names(self) -> Iterator[bytes]:
        """Yield the names of an object; whoever asks takes the value before asking for the next."""
        self._take(_OPENING)
        if self._takes(_CLOSING):
            return
        while True:
            self._names_left -= 1
            if self._names_left < 0:
                raise Stopped(Why.TOO_MUCH, "its header has too many members")
            yield self._take(_NAME)[1]
            if self._take(_NEXT)[1] == b"}":
                return

    def _takes(self, pattern: re.Pattern[bytes]) -> bool:
        """Pass over what matches, if the next byte does."""
        if self._at == len(self._buffer):
            self._more()
        found = pattern.match(self._buffer, self._at)
        self._at = found.end() if found else self._at
        return found is not None

    def _take(self, pattern: re.Pattern[bytes]) -> re.Match[bytes]:
        """Pass over what must match; a match that reaches the end of what was read may go on beyond it."""
        while True:
            found = pattern.match(self._buffer, self._at)
            if found and (found.end() < len(self._buffer) or not self._left):
                self._at = found.end()
                return found
            self._more()

    def _more(self) -> None:
        if not self._left:
            raise Stopped(Why.UNREADABLE, FOREIGN)
        if len(self._buffer) - self._at > MOST_MEMBER:
            raise Stopped(Why.TOO_MUCH, "its header has too long a member")
        count = min(_CHUNK, self._left)
        self._buffer, self._at = self._buffer[self._at :] + self._stream.take(count), 0
        self._left -= count
