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
    """It is measured by trials or rests on checks that this version does not judge."""


class Measured(msgspec.Struct, frozen=True):
    """One level with where it stands, and the checks that keep it from being met."""

    level: Level
    standing: Standing
    because: tuple[str, ...] = ()


def levels(profile: Profile, score: Score) -> tuple[Measured, ...]:
    """Return where each level of a profile stands. A level that rests on checks is their conjunction, never a mean."""
    return tuple(_measured(level, score) for level in profile.levels)


def _measured(level: Level, score: Score) -> Measured:
    judged = [one for one in map(score.of, level.checks) if one is not None]
    if not judged:
        return Measured(level, Standing.UNMEASURED)
    for standing, holds in ((Standing.MISSED, _is_lost), (Standing.UNPROVEN, _is_open)):
        because = tuple(one.check for one in judged if holds(one))
        if because:
            return Measured(level, standing, because)
    return Measured(level, Standing.MET)


def _is_lost(one: Judged) -> bool:
    return one.earned + one.unseen < one.applicable


def _is_open(one: Judged) -> bool:
    return one.open or one.unseen > 0
