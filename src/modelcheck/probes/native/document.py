"""A JSON document with the line of every key, so that each finding can name its place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelcheck.core.codec import NotJson, decode_json
from modelcheck.core.facts import Place
from modelcheck.core.project import Problem, Reading
from modelcheck.core.text import printable
from modelcheck.probes.files import Unreadable, read_bytes

LIMIT = 1 << 20
"""Bytes of a configuration that are read."""
MOST_PROBLEMS = 200

_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|\n')
Trail = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """A configuration file as read."""

    path: str
    reading: Reading
    table: Mapping[str, Any]
    lines: Mapping[Trail, int]
    problems: tuple[Problem, ...] = ()

    def place(self, *trail: str | int) -> Place:
        """Return where a key or item stands; its nearest known ancestor when it is not known."""
        while trail and trail not in self.lines:
            trail = trail[:-1]
        return Place(self.path, self.lines.get(trail, 1))

    def problem(self, code: str, detail: object, *trail: str | int) -> Problem:
        """Describe something that is wrong at a place."""
        return Problem(code, printable(detail), self.place(*trail))


def read_document(root: Path, relative: str) -> Document:
    """Read the file; whatever is wrong with it is in the document, never raised."""
    try:
        data = read_bytes(root, relative, LIMIT)
    except FileNotFoundError:
        return Document(relative, Reading.MISSING, {}, {})
    except Unreadable as reason:
        return _unreadable(relative, str(reason), 0)
    try:
        table = decode_json(data, limit=LIMIT)
    except NotJson as error:
        return _unreadable(relative, error.reason, error.line)
    if not isinstance(table, dict):
        return _unreadable(relative, "the top level is not an object", 1)
    return Document(relative, Reading.READ, table, positions(data.decode("utf-8-sig")))


def positions(text: str) -> dict[Trail, int]:
    """Return the line of every key and array item of a valid JSON text, keyed by the trail that leads to it."""
    found: dict[Trail, int] = {}
    trail: list[str | int] = []
    line, previous = 1, ""
    for match in _TOKENS.finditer(text):
        token = match.group()
        if token == "\n":
            line += 1
            continue
        if token in "{[":
            trail.append(0 if token == "[" else "")
            found.setdefault(tuple(trail[:-1]), line)
            if token == "[":
                found[tuple(trail)] = line
        elif token in "}]":
            trail.pop()
        elif token == ",":
            last = trail[-1]
            if isinstance(last, int):
                trail[-1] = last + 1
        elif token == ":":
            trail[-1] = _unquoted(previous)
            found[tuple(trail)] = line
        elif trail and isinstance(trail[-1], int):
            found[tuple(trail)] = line
        previous = token
    return found


def _unquoted(token: str) -> str:
    if "\\" not in token:
        return token[1:-1]
    return str(decode_json(token.encode(), limit=LIMIT))


def _unreadable(path: str, reason: str, line: int) -> Document:
    return Document(path, Reading.UNREADABLE, {}, {}, (Problem("unreadable", printable(reason), Place(path, line)),))
