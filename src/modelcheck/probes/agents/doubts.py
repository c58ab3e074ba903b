"""The faults that a class may have, and what may keep one from being proven."""

from collections.abc import Iterable
from dataclasses import dataclass

from modelcheck.core.gap import Gap, Why
from modelcheck.core.text import printable

ABSTRACT_LEFT = "abstract-left"
NEVER_SET = "never-set"
UNDEFINED_NAME = "undefined-name"
NOT_FOUND = "not-found"

INSTANCE = frozenset({ABSTRACT_LEFT, NEVER_SET})
"""What a base, decorator or subclass that was not understood may make good."""
ALL = INSTANCE | {UNDEFINED_NAME}

_MOST_NAMED = 3


@dataclass(frozen=True)
class Doubt:
    """Something that was not understood, and the faults that it may undo."""

    about: str
    undoes: frozenset[str]
    why: Why = Why.NOT_UNDERSTOOD


def undone_by(doubts: Iterable[Doubt]) -> frozenset[str]:
    """Return the codes of the faults that the doubts may undo."""
    return frozenset[str]().union(*(doubt.undoes for doubt in doubts))


def gap_of(doubts: list[Doubt]) -> Gap | None:
    """Return the doubts as one gap: the reason of the first, the first few subjects of that reason."""
    if not doubts:
        return None
    why = doubts[0].why
    abouts = list(dict.fromkeys(printable(doubt.about) for doubt in doubts if doubt.why is why))
    more = ["…"] if len(abouts) > _MOST_NAMED else []
    return Gap(why, about=", ".join([*abouts[:_MOST_NAMED], *more]))
