"""Values of decoded JSON, narrowed to the type that is wanted."""

from collections.abc import Iterable, Mapping
from typing import cast


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
