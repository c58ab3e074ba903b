"""Where output goes: results to stdout, messages to stderr, on any console without failing."""

import os
import secrets
import stat
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import TextIO, cast

from rich.console import Console

from modelcheck.app.errors import UserError
from modelcheck.core.text import printable
from modelcheck.core.transcription import READABLE

NARROWEST, USUAL, WIDEST, MOST_DIGITS = 20, 80, 1000, 6
"""Columns in which a report is printed whatever COLUMNS says, and how much of that is read."""
HEIGHT = 25
"""Lines of a console; nothing is paged, and LINES is not read."""
LONGEST_PATH = 300
"""Characters of a path in a message."""
MOST_NAME = 100
"""Characters of a name that the file beside it keeps, so that the longest name leaves room for the rest."""


def console() -> Console:
    """Return the console for results: no markup is read from text, a mark it lacks is shown as the nearest."""
    stream: TextIO = sys.stdout
    if isinstance(stream, TextIOWrapper):
        cast("TextIOWrapper[BytesIO]", stream).reconfigure(errors=READABLE)
    return Console(file=sys.stdout, markup=False, highlight=False, emoji=False, width=_width(), height=HEIGHT)


def _width() -> int | None:
    """Return the width that COLUMNS asks for, as far as a report can be read in it; None where it asks for none."""
    asked = os.environ.get("COLUMNS", "")[:MOST_DIGITS]
    if not (asked.isascii() and asked.isdigit()):
        return None
    return min(max(int(asked), NARROWEST), WIDEST) if int(asked) else USUAL


def write_bytes(data: bytes) -> None:
    """Write a whole document to stdout."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def save(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; through a link, and with the permissions of the file that was there.

    Raises:
        UserError: it cannot be written.

    """
    try:
        target = path.resolve()
        mode = _mode(target)
        _replace(target, data, mode)
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(
            "{path} cannot be written: {reason}", path=printable(path, LONGEST_PATH), reason=reason
        ) from None


def _mode(target: Path) -> int | None:
    """Return the permissions of the file that is there; None where none is. Raises OSError for what is no file."""
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISREG(mode):
        return stat.S_IMODE(mode)
    raise OSError("it is a folder" if stat.S_ISDIR(mode) else "it is not a regular file")


def _replace(target: Path, data: bytes, mode: int | None) -> None:
    """Write beside the target and take its place in one step; what fails leaves nothing behind."""
    beside = target.with_name(f".{target.name[:MOST_NAME]}.{secrets.token_hex(4)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(beside, flags, 0o666), "wb") as stream:  # noqa: PTH123 - it is a descriptor
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if mode is not None:
            beside.chmod(mode)
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
