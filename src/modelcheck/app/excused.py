"""The sections of a report that say what was let pass: exceptions, and findings that are ignored."""

from modelcheck.core.exceptions import Excepted, Ignored
from modelcheck.core.report import ReportException, ReportIgnore, ReportTaken
from modelcheck.core.score import Score


def exceptions(result: Score) -> tuple[ReportException, ...]:
    """Describe every exception, whether it holds or not."""
    return tuple(map(_exception, result.exceptions))


def ignored(result: Score) -> tuple[ReportIgnore, ...]:
    """Describe every ignore with the findings that it took away, whether it holds or not."""
    return tuple(map(_ignore, result.ignored))


def _exception(one: Excepted) -> ReportException:
    said = one.exemption
    return ReportException(
        what=said.what.value,
        subject=said.subject,
        only=said.only,
        reason=said.reason,
        approver=said.approver,
        until=said.until,
        standing=one.standing.value,
        points=one.tenths / 10,
        place=said.at,
    )


def _ignore(one: Ignored) -> ReportIgnore:
    said = one.ignore
    return ReportIgnore(
        checks=said.checks,
        path=said.path,
        line=said.line,
        reason=said.reason,
        findings=one.findings,
        place=said.at,
        standing=one.standing.value,
        taken=tuple(ReportTaken(each.check, each.finding) for each in one.taken),
    )
