"""What was let pass, with its reasons: exceptions, ignored findings, and those of either that do not hold."""

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from modelcheck.core.facts import Place
from modelcheck.core.report import Report, ReportException, ReportIgnore
from modelcheck.core.sentence import plain
from modelcheck.reports.lang import Words
from modelcheck.reports.sentences import of_finding

MOST_LINES = 20
"""Exceptions and ignores that are shown."""
MOST_TAKEN = 3
"""Findings that are shown of one ignore."""
HELD = {"live", "unused"}

Line = tuple[str, str, str]
"""A sentence, where it is written, and its style."""


def print_in_force(report: Report, console: Console, words: Words) -> None:
    """Print in a line that something was let pass, where it was, and in another that something does not hold."""
    said = words.excused
    live = [one for one in report.exceptions if one.standing == "live"]
    findings = sum(one.findings for one in report.ignored)
    if live or findings:
        points = report.gate.excepted
        sentence = words.say(said["in-force"], exceptions=len(live), points=points, findings=findings)
        console.print(Text(sentence, "yellow"))
    standings = [one.standing for one in report.exceptions] + [one.standing for one in report.ignored]
    refused = sum(standing not in HELD for standing in standings)
    if refused:
        console.print(Text(words.say(said["not-held"], count=refused), "bold red"))


def print_excused(report: Report, console: Console, words: Words) -> None:
    """Print every exception and every ignore with what it came to; those that do not hold come first."""
    lines = [*_exceptions(report, words), *_ignores(report, words)]
    if not lines:
        return
    lines.sort(key=lambda line: not line[2].endswith("red"))
    console.print()
    console.print(Text(words.excused["title"], "bold"))
    for sentence, place, style in lines[:MOST_LINES]:
        console.print(Text.assemble("  ", (sentence, style), (place, "dim")))
    if len(lines) > MOST_LINES:
        console.print(Text(f"  {words.say(words.phrases['more'], count=len(lines) - MOST_LINES)}", "dim"))


def _exceptions(report: Report, words: Words) -> Iterator[Line]:
    for one in report.exceptions:
        unused = "pull" if one.what == "pull" else "unused"
        kind = unused if one.standing == "unused" else one.standing
        sentence = words.say(
            words.excused[f"exception-{kind}"],
            what=_what(one, words),
            points=one.points,
            reason=one.reason,
            approver=one.approver,
            until=one.until,
        )
        yield sentence, _at(one.place), _style(one.standing)


def _what(one: ReportException, words: Words) -> str:
    kind = "check-only" if one.what == "check" and one.only else one.what
    return words.say(words.excused[kind], subject=one.subject, only=one.only)


def _ignores(report: Report, words: Words) -> Iterator[Line]:
    loud = {reason.check for reason in report.gate.reasons if reason.code.startswith("veto-")}
    for one in report.ignored:
        path = f"{one.path}:{one.line}" if one.line else one.path
        sentence = words.say(
            words.excused[f"ignore-{one.standing}"],
            checks=", ".join(one.checks) or "[]",
            path=path,
            findings=one.findings,
            reason=one.reason,
        )
        vetoes = any(taken.check in loud for taken in one.taken)
        yield sentence, _at(one.place), "bold yellow" if vetoes else _style(one.standing)
        yield from _taken(report, one, words)


def _taken(report: Report, ignore: ReportIgnore, words: Words) -> Iterator[Line]:
    checks = {check.id: check for part in report.parts for check in part.checks}
    for one in ignore.taken[:MOST_TAKEN]:
        yield f"  {one.check}  {of_finding(checks[one.check], one.finding, words)}", _at(one.finding.place), "dim"
    if len(ignore.taken) > MOST_TAKEN:
        yield f"  {words.say(words.phrases['more'], count=len(ignore.taken) - MOST_TAKEN)}", "", "dim"


def _style(standing: str) -> str:
    return {"live": "yellow", "unused": "dim"}.get(standing, "bold red")


def _at(place: Place | None) -> str:
    if place is None:
        return ""
    return f"  {plain(place.path)}:{place.line}" if place.line else f"  {plain(place.path)}"
