"""Service levels: what a profile wants of reliability, security, performance and availability, and what is proven."""

from enum import StrEnum

import msgspec

from modelcheck.core.profile import Level, Profile
from modelcheck.core.score import Judged, Score


class Standing(StrEnum):
    """Where a level stands."""

    MET = "met"
    MISSED = "missed"
    UNPROVEN = "unproven"
    """Nothing failed, and something that it rests on was not seen."""
    UNMEASURED = "unmeasured"
    """It is measured by trials, or rests on checks that this version or a selection does not judge."""


class Measured(msgspec.Struct, frozen=True):
    """One level with where it stands, and the checks that keep it from being met."""

    level: Level
    standing: Standing
    because: tuple[str, ...] = ()
    """Of a level that is met, the checks of which somebody ignores findings."""


def levels(profile: Profile, score: Score) -> tuple[Measured, ...]:
    """Return where each level of a profile stands. A level that rests on checks is their conjunction, never a mean."""
    return tuple(_measured(level, score) for level in profile.levels)


def _measured(level: Level, score: Score) -> Measured:
    """A failure is a failure whatever else was not seen; only where every check was judged whole is a level met."""
    if not level.checks:
        return Measured(level, Standing.UNMEASURED)
    found = {check: score.of(check) for check in level.checks}
    for standing, holds in (
        (Standing.MISSED, _is_lost),
        (Standing.UNPROVEN, _is_open),
        (Standing.UNMEASURED, _is_not_judged),
    ):
        because = tuple(check for check, one in found.items() if holds(one))
        if because:
            return Measured(level, standing, because)
    return Measured(
        level, Standing.MET, tuple(check for check, one in found.items() if one is not None and one.ignored)
    )


def _is_lost(one: Judged | None) -> bool:
    """Whether it has lost points, or has none to lose and fails."""
    return one is not None and (one.earned + one.unseen < one.applicable or one.failing)


def _is_open(one: Judged | None) -> bool:
    return one is not None and (one.open or one.unseen > 0)


def _is_not_judged(one: Judged | None) -> bool:
    return one is None
