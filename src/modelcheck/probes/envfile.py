"""`.env` files: a strict reader that gives out the names it is asked for and nothing else."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from modelcheck.core.gap import Gap, Why
from modelcheck.core.text import printable
from modelcheck.probes.files import Unreadable, read_regular
from modelcheck.probes.secret import Secret

LIMIT = 1 << 20
"""Bytes of a `.env` file."""

_NAME = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*")
_SINGLE = re.compile(r"'([^']*)'")
_DOUBLE = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL)
_AFTER = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_COMMENT = re.compile(r"(?:^|[ \t])#")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\", "$": "$"}


class Binding(NamedTuple):
    """One assignment."""

    name: str
    value: str
    line: int
    """Where it begins, counted from 1."""


def read_values(path: Path, names: Collection[str], limit: int = LIMIT) -> dict[str, tuple[Secret, int]] | Gap:
    """Return the value and line of each asked name that the file sets; where it is set twice, the last one counts.

    Nothing is interpolated and nothing reaches the environment. What is no regular UTF-8 file of at most `limit`
    bytes is a gap, and so is a file that is not there.
    """
    try:
        text = decoded(read_regular(path, limit))
    except FileNotFoundError:
        return Gap(Why.NOT_THERE, about=printable(path.name))
    except Unreadable as reason:
        return Gap(Why.UNREADABLE, about=f"{printable(path.name)}: {reason}")
    except UnicodeDecodeError:
        return Gap(Why.UNREADABLE, about=f"{printable(path.name)}: it is not UTF-8")
    asked = frozenset(names)
    return {found.name: (Secret(found.value), found.line) for found in bindings(text) if found.name in asked}


def decoded(data: bytes) -> str:
    """Return the text of a `.env` file with plain line ends. Raises UnicodeDecodeError for anything but UTF-8."""
    return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def bindings(text: str) -> Iterator[Binding]:
    """Yield every assignment in order; a line that is none is passed over.

    A quoted value may span lines. One that is never closed, or is followed by more than a comment, is no assignment.
    """
    line, at = 1, 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        after = end + 1
        name = _NAME.match(text, at, end)
        if name is not None:
            quoted = _quoted(text, name.end())
            if quoted is not None:
                value, after = quoted
                yield Binding(name.group(1), value, line)
            elif text[name.end() : name.end() + 1] not in {"'", '"'}:
                yield Binding(name.group(1), _COMMENT.split(text[name.end() : end], maxsplit=1)[0].strip(), line)
        line += text.count("\n", at, after)
        at = after


def _quoted(text: str, at: int) -> tuple[str, int] | None:
    """Return a quoted value and where the line after it begins."""
    match = _SINGLE.match(text, at) or _DOUBLE.match(text, at)
    after = _AFTER.match(text, match.end()) if match else None
    if match is None or after is None:
        return None
    value = match.group(1)
    if match.re is _DOUBLE:
        value = _ESCAPE.sub(lambda escape: _ESCAPED.get(escape.group(1), escape.group()), value)
    return value, after.end()
