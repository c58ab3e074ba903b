"""What to do about points that were not earned: one line per cause, the cheapest points first."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import msgspec

from modelcheck.core.check import Check, Effort, Outcome
from modelcheck.core.gap import Gap
from modelcheck.core.score import Judged

WORK = {Effort.MINUTES: 1, Effort.HOURS: 10, Effort.DAYS: 60}
"""How the efforts weigh against each other when points per effort are ranked."""


class Action(msgspec.Struct, frozen=True):
    """One thing to do; `gives` is in tenths of a point."""

    kind: str
    gives: int
    checks: tuple[str, ...]
    effort: Effort
    fix: str = ""
    gap: Gap | None = None


def actions(judged: Sequence[Judged], checks: Mapping[str, Check[...]]) -> tuple[Action, ...]:
    """List all that is not earned: lost points by check, unseen points by what would show them."""
    fixes = [_fix(one, checks[one.check]) for one in judged if one.applicable > one.earned + one.unseen]
    ranked = sorted(fixes, key=lambda action: (-Fraction(action.gives, WORK[action.effort]), action.checks))
    return (*ranked, *_shows(judged))


def _fix(one: Judged, check: Check[...]) -> Action:
    return Action("fix", one.applicable - one.earned - one.unseen, (one.check,), check.effort, fix=check.fix)


def _shows(judged: Sequence[Judged]) -> list[Action]:
    """Group unseen points by cause; a check with several causes counts whole under its first one."""
    groups: dict[tuple[str, str], list[tuple[Judged, Gap]]] = {}
    for one in judged:
        gap = next((f.gap for f in one.findings if f.outcome is Outcome.UNKNOWN and f.gap is not None), None)
        if one.unseen and gap is not None:
            groups.setdefault((gap.why.value, gap.hint or gap.about), []).append((one, gap))
    shows = [
        Action("show", sum(one.unseen for one, _ in rows), tuple(one.check for one, _ in rows), Effort.MINUTES, gap=rows[0][1])
        for rows in groups.values()
    ]
    return sorted(shows, key=lambda action: (-action.gives, action.checks))
