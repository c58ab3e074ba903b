"""Reading a binary file forward: little-endian, within its size and a budget, in memory that does not grow with it."""

import os
import stat
import struct
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from modelcheck.core.gap import Gap, Why

_FIRST_READ = 4 << 10
_LARGEST_READ = 256 << 10
_NUMBERS = {code: struct.Struct(f"<{code}") for code in "bBhHiIqQ"}
_LENGTH = _NUMBERS["Q"]


class Stopped(Exception):
    """Reading ends here; the gap says why."""

    def __init__(self, why: Why, about: str) -> None:
        super().__init__(about)
        self.gap = Gap(why, about=about)


class Stream:
    """A file at a position. Every step raises Stopped instead of leaving the file or the budget."""

    def __init__(self, file: BinaryIO, size: int, budget: int) -> None:
        self._file = file
        self.size = size
        """Bytes of the file."""
        self._budget = budget
        self._chunk = _FIRST_READ
        self._buffer = b""
        self._at = 0
        self._end = 0  # where the buffer ends in the file

    @property
    def position(self) -> int:
        """Bytes from the start of the file."""
        return self._end - len(self._buffer) + self._at

    def need(self, count: int) -> None:
        """Say that so many bytes follow, so that a count that lies is found before anything is done with it."""
        if count > self.size - self.position:
            raise Stopped(Why.UNREADABLE, "truncated")

    def take(self, count: int) -> bytes:
        """Return the next bytes; the caller bounds the count."""
        if count > len(self._buffer) - self._at:
            self._fill(count)
        self._at += count
        return self._buffer[self._at - count : self._at]

    def number(self, code: str) -> int:
        """Return the next integer, by its code in `struct`."""
        form = _NUMBERS[code]
        return int(form.unpack(self.take(form.size))[0])

    def skip(self, count: int) -> None:
        """Pass over bytes without reading them."""
        self.need(count)
        self.go(self.position + count)

    def go(self, position: int) -> None:
        """Go to a position in the file, forward or back."""
        at = self._at + position - self.position
        if 0 <= at <= len(self._buffer):
            self._at = at
        else:
            self._file.seek(position)
            self._buffer, self._at, self._end, self._chunk = b"", 0, position, _FIRST_READ

    def skip_texts(self, count: int) -> None:
        """Pass over texts, each with its length in eight bytes before it."""
        self.need(count * _LENGTH.size)
        unpack = _LENGTH.unpack_from
        while count:
            self._fill(_LENGTH.size)
            buffer, at, last = self._buffer, self._at, len(self._buffer) - _LENGTH.size
            while count and at <= last:
                at += _LENGTH.size + unpack(buffer, at)[0]
                count -= 1
            self.skip(at - self._at)

    def find(self, mark: bytes, reach: int) -> int | None:
        """Return where a mark begins, looked for in at least `reach` bytes; the stream may end up anywhere."""
        limit = self.position + reach
        while self.position <= limit:
            found = self._buffer.find(mark, self._at)
            if found >= 0:
                self._at = found
                return self.position
            self._at = max(self._at, len(self._buffer) - len(mark) + 1)
            if len(mark) > self.size - self.position:
                break
            self._fill(len(mark))
        return None

    def _fill(self, count: int) -> None:
        """See that the buffer holds so many more bytes."""
        rest = len(self._buffer) - self._at
        if rest >= count:
            return
        self.need(count)
        read = self._file.read(max(count - rest, self._chunk))
        self._chunk = min(2 * self._chunk, _LARGEST_READ)
        self._budget -= len(read)
        if self._budget < 0:
            raise Stopped(Why.TOO_MUCH, "its header is too long")
        self._buffer, self._at, self._end = self._buffer[self._at :] + read, 0, self._end + len(read)
        if len(self._buffer) < count:
            raise Stopped(Why.UNREADABLE, "truncated")


@contextmanager
def opened(path: Path, budget: int) -> Generator[Stream]:
    """Open a regular file; opening never waits (FIFO). Raises Stopped, also for what the system refuses."""
    try:
        with open(path, "rb", buffering=0, opener=_open) as file:
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode):
                raise Stopped(Why.UNREADABLE, "not a regular file")
            yield Stream(file, info.st_size, budget)
    except OSError:
        raise Stopped(Why.UNREADABLE, "cannot be read") from None


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
