"""YAML as plain values in which every key stands once, with the line of each key and item."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, cast

import yaml

from modelcheck.core.sentence import Told
from modelcheck.core.text import printable

MOST_DEPTH = 8
"""Lists and tables inside each other."""

Trail = tuple[str | int, ...]

_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]{1,18}|[0-9]{1,18}(?:\.[0-9]{0,18})?)(?:[eE][-+]?[0-9]{1,3})?")


class InvalidProfile(Told):
    """A profile's file cannot be used; says which, the line, and what to change."""


@dataclass(frozen=True)
class Lines:
    """A file as read: its values, and the line of each of them by its trail."""

    path: str
    """As it is shown: relative to the project, with slashes."""
    content: object
    lines: Mapping[Trail, int]

    def line_of(self, *trail: str | int) -> int:
        """Return the line of a key or item, else of the nearest thing around it."""
        around = (trail[:length] for length in range(len(trail), 0, -1))
        return next((self.lines[one] for one in around if one in self.lines), 1)

    def refused(self, what: Told, *trail: str | int) -> InvalidProfile:
        """Return the error for what stands at a trail."""
        return refused(self.path, self.line_of(*trail), what)


def refused(path: str, line: int, what: Told) -> InvalidProfile:
    """Return the error for what stands on a line of a file."""
    return InvalidProfile("{path}, line {line}: {what}", path=path, line=line, what=what)


def read_lines(path: str, text: str) -> Lines:
    """Read the text of a file; plain words are typed as YAML 1.2 types them, which is what editors check.

    Raises:
        InvalidProfile: it is no YAML, or holds a key twice, an alias, or tables too deep in each other.

    """
    loader: _Loader | None = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
    except _Alias as alias:
        what = Told("an alias is not read here; write out what it stands for")
        raise refused(path, alias.line, what) from None
    except RecursionError as error:
        raise refused(path, _line_of(error, text, loader), Told("this is nested too deeply")) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or type(error).__name__
        what = Told("this is not YAML that can be read: {reason}", reason=printable(reason))
        raise refused(path, _line_of(error, text, loader), what) from None
    walk = _Walk(path)
    content: object = dict[str, object]() if node is None else walk.value(node, ())
    return Lines(path, content, walk.lines)


class _Alias(Exception):
    """An alias stands on a line."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line


class _Loader(yaml.BaseLoader):
    """YAML without aliases: they make circles and documents that explode."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark: yaml.Mark = cast("Any", self).peek_event().start_mark
            raise _Alias(mark.line + 1)
        return super().compose_node(parent, index)


def _line_of(error: Exception, text: str, loader: _Loader | None) -> int:
    """Return the line that an error is about, or that was reached."""
    mark: yaml.Mark | None = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        return mark.line + 1
    return text.count("\n", 0, getattr(error, "position", 0)) + 1 if loader is None else loader.line + 1


@dataclass
class _Walk:
    """Turns nodes into values, and remembers where they stand."""

    path: str
    lines: dict[Trail, int] = field(default_factory=dict[Trail, int])

    def value(self, node: yaml.Node, trail: Trail) -> object:
        if len(trail) > MOST_DEPTH:
            raise refused(self.path, _line(node), Told("this is nested too deeply"))
        if isinstance(node, yaml.MappingNode):
            return {key: self.value(value, (*trail, key)) for key, value in self._pairs(node, trail)}
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self.lines[*trail, index] = _line(item)
            return [self.value(item, (*trail, index)) for index, item in enumerate(node.value)]
        plain = isinstance(node, yaml.ScalarNode) and node.style is None
        return _typed(str(node.value)) if plain else str(node.value)

    def _pairs(self, node: yaml.MappingNode, trail: Trail) -> list[tuple[str, yaml.Node]]:
        pairs: list[tuple[str, yaml.Node]] = []
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise refused(self.path, _line(key), Told("a key is one word"))
            name = str(key.value)
            first = self.lines.get((*trail, name))
            if first is not None:
                what = Told("{key} stands twice, first on line {first}", key=printable(name), first=first)
                raise refused(self.path, _line(key), what)
            self.lines[*trail, name] = _line(key)
            pairs.append((name, value))
        return pairs


def _line(node: yaml.Node) -> int:
    mark: yaml.Mark = node.start_mark
    return mark.line + 1


def _typed(word: str) -> object:
    if word in _WORDS:
        return _WORDS[word]
    if _WHOLE.fullmatch(word):
        return int(word)
    number = float(word) if _NUMBER.fullmatch(word) else None
    return word if number is None or not isfinite(number) else number
