"""Where in a JSON text something stands that may not be there; for texts that were refused, so no line is certain."""

import re
from collections.abc import Callable, Iterator

_TOKENS = re.compile(r'"[^"\\]*(?:\\(?:.|\Z)[^"\\]*)*(?:"|\Z)|[{}\[\]:\n]|[^\s{}\[\]:,"]+', re.DOTALL)
"""A string, to the end of the text where it is never closed; a mark; or a bare word such as a number."""


def line_of_word(text: str, is_refused: Callable[[str], bool]) -> int:
    """Return the line of the first bare word that is refused, counted from 1; 0 where there is none."""
    return next((line for piece, line in _tokens(text) if piece[0] not in '"{}[]:' and is_refused(piece)), 0)


def line_of_depth(text: str, most: int) -> int:
    """Return the line where more than so many objects and arrays lie inside each other; 0 where none do."""
    depth = 0
    for piece, line in _tokens(text):
        depth += (piece in "{[") - (piece in "}]")
        if depth > most:
            return line
    return 0


def line_of_second_key(text: str) -> int:
    """Return the line of the first key that its object already has; 0 where none is written alike."""
    keys: list[set[str]] = []
    last, last_line = "", 0
    for piece, line in _tokens(text):
        if piece in "{[":
            keys.append(set())
        elif piece in "}]":
            del keys[-1:]
        elif piece == ":" and keys:
            if last in keys[-1]:
                return last_line
            keys[-1].add(last)
        last, last_line = piece, line
    return 0


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    """Yield every token with the line on which it begins."""
    line = 1
    for match in _TOKENS.finditer(text):
        piece = match.group()
        if piece == "\n":
            line += 1
            continue
        yield piece, line
        line += piece.count("\n")
