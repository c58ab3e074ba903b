"""Service levels as sentences: where each stands, and what keeps it from being met."""

from modelcheck.core.report import Report, ReportLevel
from modelcheck.reports.lang import Words


def of_levels(report: Report, words: Words) -> tuple[str, ...]:
    """Say where each level stands that the profile wants."""
    known = {reason.check for reason in report.gate.reasons if reason.code == "level-known"}
    return tuple(_of_level(level, words, known=level.name in known) for level in report.service_levels)


def percent(wanted: float) -> float:
    """Return a level as it is printed: a whole number without decimals."""
    return int(wanted) if wanted.is_integer() else wanted


def _of_level(level: ReportLevel, words: Words, *, known: bool) -> str:
    code = "known" if known else level.standing
    if level.standing == "unmeasured" and level.because:
        code = "not-judged"
    if level.standing == "met" and level.because:
        code = "met-ignoring"
    return words.say(
        words.reasons[f"level-{code}"],
        check=level.name,
        wanted=percent(level.wanted),
        checks=", ".join(level.because),
        origin=level.origin,
    )
