"""A rule: one check of the catalogue as data, whether this version judges it or only plans it."""

import msgspec


class Rule(msgspec.Struct, frozen=True):
    """One check of the catalogue."""

    id: str
    part: str
    title: str
    points: float
    judged: bool
    """False for a check that is planned."""
    veto: tuple[str, ...]
    """The profiles in which it blocks the gate."""
    profiles: tuple[str, ...]
    why: str = ""
    fix: str = ""
    effort: str = ""
    reads: tuple[str, ...] = ()
    """The facts that it judges."""
    says: dict[str, str] = {}


class RulePart(msgspec.Struct, frozen=True):
    """One part of the score with its rules."""

    id: str
    title: str
    budget: float
    rules: tuple[Rule, ...]
