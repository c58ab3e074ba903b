"""Where the lines of the audit log go: a file that is rotated by its size, or standard output."""

import os
import select
import stat
import sys
from contextlib import suppress
from errno import ENOSPC
from pathlib import Path
from typing import Protocol

from modelcheck.core.sentence import Told
from modelcheck.core.text import printable

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
STDOUT = 1

_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_LONGEST = 300
_FLAGS = (
    os.O_RDWR
    | os.O_CREAT
    | os.O_APPEND
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


class Sink(Protocol):
    """Takes one line at a time: all of it, or none of it."""

    def write(self, line: bytes) -> None:
        """Write a line. Raises OSError where it was not taken."""
        ...

    def close(self) -> None:
        """Let go of what is open; never raises."""
        ...


class LogFile:
    """A file of lines; once it is full it becomes `NAME.1`, the one before `NAME.2`, and so on up to a bound."""

    def __init__(self, path: Path, most_bytes: int, keep: int) -> None:
        """Open the file, and make its folder where there is none.

        Raises:
            Told: something else lies in its place, somebody else may write it, or it cannot be opened.

        """
        self._path = path
        self._most_bytes = most_bytes
        self._keep = max(keep, 1)
        self._open: int | None = None
        try:
            self._reopen()
        except (OSError, ValueError) as error:
            raise Told(
                "the audit log {path} cannot be opened: {reason}; name another file, or give --no-audit-log",
                path=printable(path, _LONGEST),
                reason=getattr(error, "strerror", None) or str(error),
            ) from None

    def write(self, line: bytes) -> None:
        """Write a line; where it does not fit whole, what was written of it is taken back.

        Raises:
            OSError: it was not taken.

        """
        descriptor = self._current()
        size = os.fstat(descriptor).st_size
        if size and size + len(line) > self._most_bytes:
            self.close()
            self._rotate()
            descriptor = self._reopen()
            size = os.fstat(descriptor).st_size
        if os.write(descriptor, line) < len(line):
            os.ftruncate(descriptor, size)
            raise OSError(ENOSPC, os.strerror(ENOSPC))

    def close(self) -> None:
        """Close the file; it is opened again by the next line."""
        if self._open is not None:
            with suppress(OSError):
                os.close(self._open)
            self._open = None

    def _current(self) -> int:
        """Return the open file, if it still lies at its path: somebody may have moved it, or removed its folder."""
        with suppress(OSError):
            if self._open is not None and os.path.samestat(os.fstat(self._open), self._path.lstat()):
                return self._open
        self.close()
        return self._reopen()

    def _reopen(self) -> int:
        """Open what lies at the path, if it is a regular file of ours alone."""
        self._path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        if self._path.is_symlink():
            raise OSError("it is a link")
        if self._path.exists() and not self._path.is_file():
            raise OSError("it is not a regular file")
        descriptor = os.open(self._path, _FLAGS, PRIVATE_FILE)
        try:
            _check(os.fstat(descriptor))
            _end_line(descriptor)
        except OSError:
            os.close(descriptor)
            raise
        self._open = descriptor
        return descriptor

    def _rotate(self) -> None:
        """Give each file the next number; the last one goes."""
        names = [self._path, *(self._path.with_name(f"{self._path.name}.{at + 1}") for at in range(self._keep))]
        for older, newer in zip(names[-2::-1], names[:0:-1], strict=True):
            with suppress(FileNotFoundError):
                older.replace(newer)


class StandardOutput:
    """Standard output, which somebody else reads; a reader that does not is not waited for."""

    def __init__(self, descriptor: int = STDOUT) -> None:
        self._descriptor = descriptor
        self._rest = b""

    def write(self, line: bytes) -> None:
        """Write a line; where only a part of it fits, the rest goes before the next one.

        Raises:
            OSError: it was not taken, or nobody reads.

        """
        if self._rest:
            self._rest = self._rest[self._write(self._rest) :]
            if self._rest:
                raise BlockingIOError
        self._rest = line[self._write(line) :]

    def close(self) -> None:
        """Write what is left of the last line."""
        if self._rest:
            with suppress(OSError):
                self._write(self._rest)

    def _write(self, data: bytes) -> int:
        # A pipe that takes anything takes a line whole, as lines are shorter than PIPE_BUF.
        if sys.platform != "win32" and not select.select([], [self._descriptor], [], 0)[1]:
            raise BlockingIOError
        return os.write(self._descriptor, data)


def _check(info: os.stat_result) -> None:
    """Refuse what is no regular file, and a file that somebody else could write lines into."""
    if not stat.S_ISREG(info.st_mode):
        raise OSError("it is not a regular file")
    if sys.platform != "win32" and (info.st_uid != os.geteuid() or info.st_mode & _OTHERS):
        raise OSError("somebody else may write it")


def _end_line(descriptor: int) -> None:
    """End a line that a crash has left half written, so that the next one stands by itself."""
    size = os.lseek(descriptor, 0, os.SEEK_END)
    if size:
        os.lseek(descriptor, size - 1, os.SEEK_SET)
        if os.read(descriptor, 1) != b"\n":
            os.write(descriptor, b"\n")
