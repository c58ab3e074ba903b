"""A JSON document with the line of every key, so that each finding can name its place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from modelcheck.core.codec import NotJson, decode_json
from modelcheck.core.facts import Place
from modelcheck.core.project import Problem, Reading
from modelcheck.core.text import printable
from modelcheck.probes.files import Unreadable, read_bytes
from modelcheck.probes.values import as_table

LIMIT = 1 << 20
"""Bytes of a configuration that are read."""
DEEPEST = 6
"""Steps of the longest trail whose line is kept; places are five deep at most: `agent_models.a.fallbacks[0].model`."""
LONGEST_PATH = 400

_TOKENS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]:,\n]|[^\s{}\[\]:,"]+')
Trail = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """A configuration file as read."""

    path: str
    """POSIX, relative to the project."""
    reading: Reading
    table: Mapping[str, object]
    lines: Mapping[Trail, int]
    problems: tuple[Problem, ...] = ()

    def place(self, *trail: str | int) -> Place:
        """Return where a key or item stands; its nearest known ancestor when it is not known."""
        while trail and trail not in self.lines:
            trail = trail[:-1]
        return Place(self.path, self.lines.get(trail, 1))

    def problem(self, code: str, detail: str, *trail: str | int) -> Problem:
        """Describe something that is wrong at a place."""
        return Problem(code, printable(detail), self.place(*trail))


def read_document(root: Path, relative: str) -> Document:
    """Read the file; whatever is wrong with it is in the document, never raised."""
    written = PurePosixPath(relative.replace("\\", "/")).as_posix()
    path = printable(written, LONGEST_PATH)
    try:
        data = read_bytes(root, written, LIMIT)
    except FileNotFoundError:
        return Document(path, Reading.MISSING, {}, {})
    except Unreadable as reason:
        return _unreadable(path, str(reason), 0)
    try:
        table = as_table(decode_json(data, limit=LIMIT))
    except NotJson as error:
        return _unreadable(path, error.reason, error.line)
    if table is None:
        return _unreadable(path, "the top level is not an object", 1)
    return Document(path, Reading.READ, table, positions(data.decode("utf-8-sig")))


def positions(text: str) -> dict[Trail, int]:
    """Return the line of every key and array item of a valid JSON text, keyed by the trail that leads to it."""
    found: dict[Trail, int] = {}
    trail: list[str | int] = []
    line, key, key_line = 1, "", 1

    def keep(at: int) -> None:
        if len(trail) <= DEEPEST:
            found[tuple(trail)] = at

    for match in _TOKENS.finditer(text):
        mark = match.group()
        if mark == "\n":
            line += 1
        elif mark in "}]":
            trail.pop()
        elif mark == ",":
            last = trail[-1]
            trail[-1] = last + 1 if isinstance(last, int) else last
        elif mark == ":":
            trail[-1] = _unquoted(key)
            keep(key_line)
        else:
            if not trail or isinstance(trail[-1], int):
                keep(line)
            if mark in "{[":
                trail.append(0 if mark == "[" else "")
            else:
                key, key_line = mark, line
    return found


def _unquoted(token: str) -> str:
    return str(decode_json(token.encode(), limit=LIMIT)) if "\\" in token else token[1:-1]


def _unreadable(path: str, reason: str, line: int) -> Document:
    return Document(path, Reading.UNREADABLE, {}, {}, (Problem("unreadable", printable(reason), Place(path, line)),))
