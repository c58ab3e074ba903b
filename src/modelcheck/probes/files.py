"""Reading files of the project: inside its root, regular, bounded."""

import os
import stat
from pathlib import Path, PurePosixPath, PureWindowsPath

from modelcheck.core.text import printable


class Unreadable(OSError):
    """A file that is there and must not or cannot be read; the message is for people and names no absolute path."""


def read_bytes(root: Path, relative: str, limit: int) -> bytes:
    """Read a file of the project by its POSIX path relative to the root.

    Raises:
        FileNotFoundError: nothing is there.
        Unreadable: it leads out of the project, is no regular file, is longer than `limit`, or cannot be opened.

    """
    return read_regular(inside(root, relative), limit)


def inside(root: Path, relative: str) -> Path:
    """Return the path if it lies in the project also after links are followed, else raise Unreadable."""
    windows, posix = PureWindowsPath(relative), PurePosixPath(relative)
    if windows.drive or windows.is_absolute() or posix.is_absolute() or ".." in windows.parts:
        reason = "it lies outside the project"
        raise Unreadable(reason)
    path = root / relative
    try:
        if not path.resolve().is_relative_to(root.resolve()):
            reason = "a link leads out of the project"
            raise Unreadable(reason)
    except (OSError, RuntimeError) as error:
        if isinstance(error, Unreadable):
            raise
        reason = "its links lead in a circle"
        raise Unreadable(reason) from None
    return path


def read_regular(path: Path, limit: int) -> bytes:
    """Read a regular file of at most `limit` bytes; opening never waits (FIFO) and never runs anything."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            reason = "it is not a regular file"
            raise Unreadable(reason)
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (FileNotFoundError, Unreadable):
        raise
    except (OSError, ValueError) as error:
        raise Unreadable(_cause(error)) from None
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            reason = "it is not a regular file"
            raise Unreadable(reason)
        try:
            data = stream.read(limit + 1)
        except OSError as error:
            raise Unreadable(_cause(error)) from None
    if len(data) > limit:
        reason = f"it is larger than {limit // 1024} KiB"
        raise Unreadable(reason)
    return data


def _cause(error: OSError | ValueError) -> str:
    return printable(error.strerror or type(error).__name__) if isinstance(error, OSError) else "its name is not valid"
