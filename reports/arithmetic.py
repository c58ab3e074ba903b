"""Where the points of a report went: a sum that adds up, in the words "earned", "lost" and "not seen"."""

import msgspec

from modelcheck.core.report import Report, ReportCheck


class Sum(msgspec.Struct, frozen=True):
    """All points of the catalogue, each counted once."""

    earned: float
    lost: float
    unseen: float
    applicable: float
    """Earned, lost and not seen together; a hundred of these make the score."""
    planned: float
    out_of_scope: float
    idle: float
    """Of checks that found nothing to judge."""
    total: float

    @property
    def uncounted(self) -> float:
        """Points that are in no part of the score."""
        return _of(_tenths(self.planned) + _tenths(self.out_of_scope) + _tenths(self.idle))


def summed(report: Report) -> Sum:
    """Add up a report in whole tenths."""
    checks = [check for part in report.parts for check in part.checks]
    applicable = sum(_tenths(check.applicable) for check in checks)
    earned = sum(_tenths(check.earned) for check in checks)
    unseen = sum(_tenths(check.unseen) for check in checks)
    return Sum(
        earned=_of(earned),
        lost=_of(applicable - earned - unseen),
        unseen=_of(unseen),
        applicable=_of(applicable),
        planned=_points(checks, "planned"),
        out_of_scope=_points(checks, "out-of-scope"),
        idle=_of(sum(_tenths(one.points - one.applicable) for one in checks if one.standing == "judged")),
        total=_of(sum(_tenths(check.points) for check in checks)),
    )


def _points(checks: list[ReportCheck], standing: str) -> float:
    return _of(sum(_tenths(check.points) for check in checks if check.standing == standing))


def _tenths(points: float) -> int:
    return round(points * 10)


def _of(tenths: int) -> float:
    return tenths / 10
