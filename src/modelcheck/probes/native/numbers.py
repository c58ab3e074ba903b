"""Numbers of sections and agents: under any of their spellings, beside the other keys or among the options."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import Problem
from modelcheck.core.text import printable
from modelcheck.probes.native.document import Document
from modelcheck.probes.values import as_table

INNER = ("options", "parameters")
"""Objects inside a section or agent in which such keys may stand as well."""
LONGEST_TEXT = 40

_NO = {"false", "no", "off", "0", "none", "never"}


@dataclass(frozen=True)
class Named:
    """A value, and the trail that leads to it from its section or agent."""

    trail: tuple[str, ...]
    value: object

    @property
    def label(self) -> str:
        """As a reader would write the trail."""
        return ".".join(self.trail)


@dataclass(frozen=True)
class Numbers:
    """Reads the numbers of one section or agent; what is none becomes a gap, and a problem with its line."""

    document: Document
    problems: list[Problem]
    trail: tuple[str, str]
    """The part of the document, and the name in it."""
    body: Mapping[str, object]

    def whole(self, keys: tuple[str, ...], least: int, most: int) -> int | Gap | None:
        """Return the whole number that stands under one of these keys, None when there is none."""
        named = self._named(keys)
        if named is None:
            return None
        value = named.value
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        return self._odd(named, f"must be a whole number from {least} to {most}")

    def seconds(self, keys: tuple[str, ...], most: int) -> float | Gap | None:
        """Return a time; of an object with several, the one for all, else the one for the answer."""
        named = self._named(keys)
        if named is None:
            return None
        table = as_table(named.value) or {}
        value = next((table[key] for key in ("total", "read") if key in table), named.value)
        if isinstance(value, int | float) and not isinstance(value, bool) and -1 <= value <= most:
            return float(value)
        return self._odd(named, f"must be a number of seconds up to {most}")

    def text(self, keys: tuple[str, ...]) -> str | None:
        """Return a text or number as it is written, printable and bounded."""
        named = self._named(keys)
        if named is None:
            return None
        if isinstance(named.value, str | int | float) and not isinstance(named.value, bool):
            return printable(named.value, LONGEST_TEXT)
        self._odd(named, "must be a text or a number")
        return None

    def is_on(self, keys: tuple[str, ...]) -> bool:
        """Whether something is on that is on unless it is turned off; a text may name a file that it rests on."""
        named = self._named(keys)
        if named is None or isinstance(named.value, bool):
            return named is None or bool(named.value)
        if isinstance(named.value, str) and named.value.strip().lower() not in _NO:
            return True
        self._odd(named, "must be true or false")
        return bool(named.value) and not isinstance(named.value, str)

    def _named(self, keys: tuple[str, ...]) -> Named | None:
        """Return the first of the spellings; one that says otherwise is told."""
        tables = [((), self.body), *(((key,), as_table(self.body.get(key)) or {}) for key in INNER)]
        found = [
            Named((*trail, key), table[key]) for trail, table in tables for key in keys if table.get(key) is not None
        ]
        for one, other in pairwise(found):
            if one.value != other.value:
                detail = f"{self.trail[1]} has both {one.label} and {other.label}"
                self.problems.append(self.document.problem("second-name", detail, *self.trail, *other.trail))
        return found[0] if found else None

    def _odd(self, named: Named, what: str) -> Gap:
        about = f"{self.trail[1]}.{named.label}"
        self.problems.append(self.document.problem("wrong-type", f"{about} {what}", *self.trail, *named.trail))
        return Gap(Why.NOT_UNDERSTOOD, about=printable(about))
