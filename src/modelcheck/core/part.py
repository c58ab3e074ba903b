"""A part of the score: a title, a budget, the checks that earn it and those that are still planned."""

from dataclasses import dataclass

from modelcheck.core.check import Check


@dataclass(frozen=True)
class Planned:
    """A check of the catalogue that this version does not judge yet."""

    id: str
    title: str
    points: int
    """Tenths of a point."""


@dataclass(frozen=True)
class Part:
    """A pluggable module of the score."""

    id: str
    """The prefix of its checks, such as `OLL`."""
    title: str
    budget: int
    """Tenths of a point; the points of its checks and planned checks sum to it."""
    checks: tuple[Check[...], ...]
    planned: tuple[Planned, ...] = ()
