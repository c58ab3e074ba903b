"""TOML as plain values with the line of each key and item; the parser of Python tells none."""

import re
import tomllib
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import cast

from modelcheck.core.sentence import Told
from modelcheck.core.text import printable
from modelcheck.profiles.written import InvalidSettings, Trail, Written

MOST_DOTS = 500
"""Dots in one line; the parser's time grows with the square of the parts of a key."""
MOST_DEPTH = 12
"""Keys inside each other that have a line; no setting lies deeper."""

_LINE = re.compile(r"\(at (?:line (?P<line>\d+), column \d+|end of document)\)")
_SPACE = re.compile(r"[ \t]*")
_BETWEEN = re.compile(r"(?:[ \t\r\n,]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_TEXT = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'',
    re.DOTALL,
)
_PLAIN = re.compile(r"[^\s,\]}#][^,\]}#\n]*")


def read_toml(file: str, text: str, table: tuple[str, str]) -> Written | None:
    """Read one table of a file that is not ours alone; None where it is not there or the file does not mention it.

    Raises:
        InvalidSettings: the file mentions the table and is no TOML.

    """
    if table[-1] not in text:
        return None
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MOST_DOTS:
            raise _broken(file, number, Told("a line with more than {most} dots is not read", most=MOST_DOTS))
    try:
        outer = tomllib.loads(text).get(table[0])
    except ValueError as error:
        found = _LINE.search(str(error))
        reason = printable(_LINE.sub("", str(error)).strip())
        at = int(found["line"]) if found and found["line"] else text.count("\n") + 1
        raise _broken(file, at, Told("this is not TOML that can be read: {reason}", reason=reason)) from None
    except RecursionError:
        raise _broken(file, 0, Told("this is nested too deeply")) from None
    content = cast("dict[str, object]", outer).get(table[1]) if isinstance(outer, dict) else None
    if content is None:
        return None
    lines = toml_lines(text, table)
    return Written(f"[{'.'.join(table)}] in {file}", content, lines, head=lines.pop((), 0))


def _broken(file: str, line: int, what: Told) -> InvalidSettings:
    if line:
        return InvalidSettings("{file}, line {line} (it mentions modelcheck): {what}", file=file, line=line, what=what)
    return InvalidSettings("{file} (it mentions modelcheck): {what}", file=file, what=what)


def toml_lines(text: str, table: Trail) -> dict[Trail, int]:
    """Return the line of each key and item of one table of valid TOML, and that of its own head under `()`.

    What is not understood has no line, which is a loss of comfort alone.
    """
    walk = _Walk(text, table)
    with suppress(IndexError, AttributeError, KeyError, RecursionError, ValueError):
        walk.document()
    return walk.lines


@dataclass
class _Walk:
    """Walks over a text that a parser has found to be valid."""

    text: str
    table: Trail
    at: int = 0
    line: int = 1
    lines: dict[Trail, int] = field(default_factory=dict[Trail, int])
    items: dict[Trail, int] = field(default_factory=dict[Trail, int])
    """How many items each list of tables has so far."""

    def document(self) -> None:
        inside: Trail = ()
        self._skip(_BETWEEN)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                inside = self._head()
            else:
                self._pair(inside)
            self._skip(_BETWEEN)

    def _head(self) -> Trail:
        """Read `[a.b]` or `[[a.b]]`, and return the table that it opens."""
        line, brackets = self.line, 2 if self.text.startswith("[[", self.at) else 1
        self._move(self.at + brackets)
        *above, last = self._key()
        self._move(self.at + brackets)
        trail: Trail = ()
        for step in above:
            trail = (*trail, step)
            trail = (*trail, self.items[trail] - 1) if trail in self.items else trail
        trail = (*trail, last)
        if brackets > 1:
            self.items[trail] = self.items.get(trail, 0) + 1
        trail = (*trail, self.items[trail] - 1) if trail in self.items else trail
        self._note((), trail, line)
        return trail

    def _pair(self, inside: Trail) -> None:
        line, keys = self.line, self._key()
        self._note(inside, (*inside, *keys), line)
        self._move(self.at + len("="))
        self._value((*inside, *keys))

    def _value(self, trail: Trail) -> None:
        self._skip(_SPACE)
        mark = self.text[self.at]
        if mark not in "[{":
            self._skip(_TEXT if mark in "\"'" else _PLAIN)
            return
        self._move(self.at + 1)
        self._skip(_BETWEEN)
        for index in count():
            if self.text[self.at] in "]}":
                break
            if mark == "{":
                self._pair(trail)
            else:
                self._note(trail, (*trail, index), self.line)
                self._value((*trail, index))
            self._skip(_BETWEEN)
        self._move(self.at + 1)

    def _key(self) -> list[str]:
        keys: list[str] = []
        while True:
            self._skip(_SPACE)
            start = self.at
            quoted = self.text[start] in "\"'"
            self._skip(_TEXT if quoted else _BARE)
            word = self.text[start : self.at]
            keys.append(tomllib.loads(f"word = {word}")["word"] if quoted else word)
            self._skip(_SPACE)
            if self.text[self.at] != ".":
                return keys
            self._move(self.at + len("."))

    def _note(self, above: Trail, trail: Trail, line: int) -> None:
        """Remember the line of a trail, and of what its dots open on the way."""
        own = len(self.table)
        if trail[:own] == self.table:
            for length in range(max(own, len(above)), min(own + MOST_DEPTH, len(trail)) + 1):
                self.lines.setdefault(trail[own:length], line)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise ValueError(self.at)
        self._move(found.end())

    def _move(self, to: int) -> None:
        self.line += self.text.count("\n", self.at, to)
        self.at = to
