"""Lines of settings, each shown on its own, as one block of YAML that is ready to paste."""

from collections.abc import Iterable
from typing import cast

import yaml

ALIASES = "&*"
"""Marks by which YAML repeats a value; no line of settings has one."""

Table = dict[str, object]


def block(lines: Iterable[str]) -> str:
    """Join lines that may name one section several times; a line that is no table of settings is left out."""
    whole: Table = {}
    for line in lines:
        table = _table(line)
        if table is not None:
            _merge(table, whole)
    return yaml.safe_dump(whole, sort_keys=False, allow_unicode=True) if whole else ""


def _table(line: str) -> Table | None:
    if any(mark in line for mark in ALIASES):
        return None
    try:
        table = yaml.safe_load(line)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return cast("Table", table) if isinstance(table, dict) else None


def _merge(table: Table, into: Table) -> None:
    """Add what is not there yet; the first line that sets a value sets it."""
    for key, value in table.items():
        there = into.setdefault(key, value)
        if there is not value and isinstance(there, dict) and isinstance(value, dict):
            _merge(cast("Table", value), cast("Table", there))
