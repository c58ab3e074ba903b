"""Values of decoded JSON, narrowed to the type that is wanted."""

from collections.abc import Iterable, Mapping
from typing import cast

from modelcheck.core.gap import NOT_RECORDED, Gap
from modelcheck.core.text import printable

LARGEST = 1 << 62
SHOWN = 60
"""Characters of a word that a server tells, such as an architecture."""


def as_table(value: object) -> dict[str, object] | None:
    """Return an object of JSON, None for anything else."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def as_list(value: object) -> list[object] | None:
    """Return an array of JSON, None for anything else."""
    return cast("list[object]", value) if isinstance(value, list) else None


def text_of(table: Mapping[str, object], keys: Iterable[str]) -> str | None:
    """Return the first of these keys that holds a text with something in it, trimmed."""
    values = (table.get(key) for key in keys)
    return next((value.strip() for value in values if isinstance(value, str) and value.strip()), None)


def count_of(value: object, least: int = 0) -> int | Gap:
    """Return a whole number that is not below `least` and not absurd; anything else was not recorded."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= LARGEST:
        return NOT_RECORDED
    return value


def word_of(value: object) -> str | Gap:
    """Return a text with something in it, fit to show; anything else was not recorded."""
    return printable(value, SHOWN) if isinstance(value, str) and value else NOT_RECORDED
