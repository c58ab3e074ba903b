"""Reading files of the project: inside its root, regular, bounded."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath

from modelcheck.core.filekinds import is_device_name, is_link, is_recalled
from modelcheck.core.text import printable

WINDOWS = os.name == "nt"
MOST_LINKS = 40
"""Links that are followed on the way to one file."""


class Unreadable(OSError):
    """A file that is there and must not or cannot be read; the message is for people and names no absolute path."""


def read_bytes(root: Path, relative: str, limit: int) -> bytes:
    """Read a file of the project by its path relative to the root.

    Raises:
        FileNotFoundError: nothing is there.
        Unreadable: it leads out of the project, is no regular file, is longer than `limit`, or cannot be opened.

    """
    return read_regular(inside(root, relative), limit)


def inside(root: Path, relative: str) -> Path:
    """Return the path of a file that lies in the project, also after links are followed, else raise Unreadable."""
    parts = PureWindowsPath(relative)  # which takes both slashes, and knows drives, servers and devices
    if parts.anchor or ".." in parts.parts:
        raise Unreadable("it lies outside the project")
    if WINDOWS and (":" in relative or any(map(is_device_name, parts.parts))):
        raise Unreadable("its name is that of a device or a stream")
    try:
        _follow(root.resolve(), Path(relative).parts)
    except ValueError:
        raise Unreadable("its name is not valid") from None
    return root / relative


def read_regular(path: Path, limit: int) -> bytes:
    """Read a regular file of at most `limit` bytes; opening never waits (FIFO) and never runs or fetches anything.

    Raises as `read_bytes` does.
    """
    try:
        _refuse_unfit(path.stat())
        with open(path, "rb", opener=_open) as stream:
            _refuse_unfit(os.fstat(stream.fileno()))
            data = stream.read(limit + 1)
    except (FileNotFoundError, Unreadable):
        raise
    except NotADirectoryError:
        raise FileNotFoundError(path.name) from None
    except OSError as error:
        raise Unreadable(printable(error.strerror or type(error).__name__)) from None
    except ValueError:
        raise Unreadable("its name is not valid") from None
    if len(data) > limit:
        raise Unreadable(f"it is larger than {limit // 1024} KiB")
    return data


def _follow(top: Path, steps: Sequence[str]) -> None:
    """Go to a file step by step; a link is judged by its text, since following one to a server already logs in there.

    Raises Unreadable for a link that leads out, and for a circle of links.
    """
    at, left, links = top, [*reversed(steps)], 0
    while left:
        step = left.pop()
        if step == "..":
            if at == top:
                raise Unreadable("a link leads out of the project")
            at = at.parent
            continue
        at /= step
        if not _is_link(at):
            continue
        links += 1
        if links > MOST_LINKS:
            raise Unreadable("its links lead in a circle")
        at, further = _target(at, top)
        left.extend(reversed(further))


def _is_link(path: Path) -> bool:
    """Whether it is a link; for what is not there, or not to be looked at, opening it will say so."""
    try:
        info = path.lstat()
    except OSError:
        return False
    return is_link(info)


def _target(link: Path, top: Path) -> tuple[Path, tuple[str, ...]]:
    """Return from where and by which steps a link goes on."""
    try:
        target = Path(str(link.readlink()).removeprefix("\\\\?\\"))
    except OSError as error:
        raise Unreadable(printable(error.strerror or type(error).__name__)) from None
    if not target.anchor:
        return link.parent, target.parts
    if not target.is_relative_to(top):
        raise Unreadable("a link leads out of the project")
    return top, target.relative_to(top).parts


def _refuse_unfit(info: os.stat_result) -> None:
    if not stat.S_ISREG(info.st_mode):
        raise Unreadable("it is not a regular file")
    if is_recalled(info):
        raise Unreadable("a cloud drive holds it")


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
