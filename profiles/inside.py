"""Reading a text of the project: inside its folder, no link on the way, regular, bounded."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath

from modelcheck.core.filekinds import is_device_name, is_link, is_recalled
from modelcheck.core.sentence import Told
from modelcheck.core.text import printable

WINDOWS = os.name == "nt"


class NotReadable(Told):
    """A file of the project that is not there, or must not or cannot be read."""


def steps(relative: str) -> tuple[str, ...]:
    """Return the steps of a path that stays inside the project, whichever slashes it has.

    Raises:
        NotReadable: it begins at a root, a drive or a server, climbs, or names a device.

    """
    path = PureWindowsPath(relative)
    odd = WINDOWS and (":" in relative or any(map(is_device_name, path.parts)))
    if path.anchor or ".." in path.parts or not path.parts or odd or "\0" in relative:
        raise NotReadable("a profile of your own lies inside the project; give its path from the project's folder")
    return path.parts


def text_inside(root: Path, relative: Sequence[str], limit: int) -> str:
    """Return the text of a file of at most `limit` bytes by the steps to it.

    Raises:
        NotReadable: nothing is there, a link is on the way, or it is no regular file of UTF-8 text that can be opened.

    """
    shown = printable("/".join(relative), 200)
    try:
        _refuse_links(root, relative, shown)
        with open(root.joinpath(*relative), "rb", opener=_open) as stream:
            _refuse_unfit(os.fstat(stream.fileno()), shown)
            data = stream.read(limit + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise NotReadable("{path} is not there; the path is taken from the project's folder", path=shown) from None
    except OSError as error:
        reason = printable(error.strerror or type(error).__name__)
        raise NotReadable("{path} cannot be read: {reason}", path=shown, reason=reason) from None
    if len(data) > limit:
        raise NotReadable("{path} is larger than {limit} KiB", path=shown, limit=limit // 1024)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise NotReadable("{path}: it is UTF-16; save it as UTF-8", path=shown) from None
        line = data.count(b"\n", 0, error.start) + 1
        raise NotReadable("{path}, line {line}: this is not UTF-8 text", path=shown, line=line) from None


def _refuse_links(root: Path, relative: Sequence[str], shown: str) -> None:
    at = root
    for step in relative:
        at /= step
        if is_link(at.lstat()):
            raise NotReadable("{path} is or lies behind a link, and none is followed; put the file itself", path=shown)
    _refuse_unfit(at.lstat(), shown)


def _refuse_unfit(info: os.stat_result, shown: str) -> None:
    if not stat.S_ISREG(info.st_mode):
        raise NotReadable("{path} is not a file", path=shown)
    if is_recalled(info):
        raise NotReadable("{path} is held by a cloud drive; make it available on this machine", path=shown)


def _open(path: str, flags: int) -> int:
    """Open without waiting for a pipe, and without following what became a link meanwhile."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
