"""What to do about points that were not earned: one line per cause, the cheapest points first."""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

import msgspec

from modelcheck.core.check import Check, Effort
from modelcheck.core.gap import Gap, Why
from modelcheck.core.score import Judged

WORK = {Effort.MINUTES: 1, Effort.HOURS: 10, Effort.DAYS: 60}
"""How the efforts weigh against each other when points per effort are ranked."""
MOST_NAMED = 3
"""Things that one line about what was not seen names."""
EXPLAIN = "modelcheck explain"
"""What prints several lines of settings as one block."""

_SECTION = re.compile(r"[a-z_]+: ")


class Action(msgspec.Struct, frozen=True):
    """One thing to do; `gives` is in tenths of a point."""

    kind: str
    gives: int
    checks: tuple[str, ...]
    effort: Effort
    fix: str = ""
    gap: Gap | None = None
    hints: tuple[str, ...] = ()
    """Lines of settings that would show it, each ready to paste."""


class _Cause(msgspec.Struct, frozen=True):
    """What of one check was not seen for one reason."""

    check: str
    gaps: tuple[Gap, ...]
    tenths: int


def actions(judged: Sequence[Judged], checks: Mapping[str, Check[...]]) -> tuple[Action, ...]:
    """List all that is not earned: lost points by check, unseen points by what would show them."""
    fixes = [_fix(one, checks[one.check]) for one in judged if one.applicable > one.earned + one.unseen]
    ranked = sorted(fixes, key=lambda action: (-Fraction(action.gives, WORK[action.effort]), action.checks))
    return (*ranked, *_shows(judged))


def _fix(one: Judged, check: Check[...]) -> Action:
    return Action("fix", one.applicable - one.earned - one.unseen, (one.check,), check.effort, fix=check.fix)


def _shows(judged: Sequence[Judged]) -> list[Action]:
    """Group unseen points by what would show them."""
    groups: dict[tuple[Why, str], list[_Cause]] = {}
    for one in judged:
        for cause in _causes(one):
            groups.setdefault(_key(cause.gaps[0]), []).append(cause)
    return sorted(map(_show, groups.values()), key=lambda action: (-action.gives, action.checks))


def _show(causes: Sequence[_Cause]) -> Action:
    gaps = [gap for cause in causes for gap in cause.gaps]
    abouts = [about for about in dict.fromkeys(gap.about for gap in gaps) if about]
    about = ", ".join(abouts[:MOST_NAMED]) + (", …" if len(abouts) > MOST_NAMED else "")
    hints = tuple(dict.fromkeys(gap.hint for gap in gaps if _is_declared_by(gap)))
    hint = EXPLAIN if len(hints) > 1 else gaps[0].hint
    gap = msgspec.structs.replace(gaps[0], about=about, hint=hint)
    gives = sum(cause.tenths for cause in causes)
    checks = tuple(cause.check for cause in causes)
    return Action("show", gives, checks, Effort.MINUTES, gap=gap, hints=hints)


def _causes(one: Judged) -> list[_Cause]:
    """Share a check's unseen points among its causes, to the tenth; every subject that was not seen counts alike."""
    gaps = [finding.gap for finding in one.findings if finding.gap is not None]
    groups: dict[tuple[Why, str], list[Gap]] = {}
    for gap in gaps or [Gap(Why.NOT_RECORDED, about=one.check)]:
        groups.setdefault(_key(gap), []).append(gap)
    causes: list[_Cause] = []
    given, met = 0, 0
    for group in groups.values():
        met += len(group)
        until = one.unseen * met // max(1, len(gaps))
        causes.append(_Cause(one.check, tuple(group), until - given))
        given = until
    return [cause for cause in causes if cause.tenths]


def _key(gap: Gap) -> tuple[Why, str]:
    """All that lines of settings would show is one thing to do, whatever the lines are."""
    return (gap.why, EXPLAIN) if _is_declared_by(gap) else (gap.why, gap.hint or gap.about)


def _is_declared_by(gap: Gap) -> bool:
    """Whether lines of settings would show it: they begin with a section."""
    return gap.why is Why.NOT_DECLARED and _SECTION.match(gap.hint) is not None
