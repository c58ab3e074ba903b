"""Why not 100: every point that was not earned, with what was seen, why it matters, the fix and what it gives back."""

import msgspec
from rich.console import Console
from rich.text import Text

from modelcheck.core.check import Outcome
from modelcheck.core.codec import encode
from modelcheck.core.report import Report, ReportAction, ReportCheck, ReportScore
from modelcheck.core.sentence import plain
from modelcheck.reports.arithmetic import Sum, summed
from modelcheck.reports.exceptions import print_excused
from modelcheck.reports.lang import Words, words
from modelcheck.reports.lines import block
from modelcheck.reports.sentences import of_check, of_finding, of_gap
from modelcheck.reports.terminal import headline


class Explanation(msgspec.Struct, frozen=True):
    """What programs get: the sum, what to do, and the settings to paste."""

    subject: str
    score: ReportScore
    sum: Sum
    actions: tuple[ReportAction, ...]
    settings: str
    """YAML for modelcheck.yaml, empty where no line would show anything."""


def json_explanation(report: Report) -> bytes:
    """Return the explanation as indented JSON in UTF-8."""
    return encode(Explanation(report.subject, report.score, summed(report), report.actions, _block(report)))


def print_explanation(report: Report, console: Console, language: str = "en") -> None:
    """Print what was lost and what was not seen; the numbers add up to 100 % of what applies."""
    said = words(language)
    console.print(Text(headline(report, said), "bold"))
    _print_sum(report, console, said)
    checks = {check.id: check for part in report.parts for check in part.checks}
    for action in report.actions:
        if action.gap is None:
            _print_lost(checks[action.checks[0]], action.gives, console, said)
    _print_unseen(report, console, said)
    print_excused(report, console, said)
    console.print()
    console.print(Text(said.say(said.phrases["levels"]), "dim"))


def _print_sum(report: Report, console: Console, said: Words) -> None:
    """Print how the number comes about, from points that are counted to the hundred."""
    found, value = summed(report), report.score.value
    counted = said.say(
        said.phrases["sum"], earned=found.earned, lost=found.lost, unseen=found.unseen, applicable=found.applicable
    )
    console.print(Text(f"  {counted}"))
    if value is not None:
        number = said.say(said.phrases["sum-hundred"], earned=found.earned, applicable=found.applicable, value=value)
        console.print(Text(f"  {number}"))
    if found.uncounted:
        rest = said.say(
            said.phrases["sum-rest"],
            rest=found.uncounted,
            total=found.total,
            planned=found.planned,
            scope=found.out_of_scope,
            idle=found.idle,
        )
        console.print(Text(f"  {rest}", "dim"))


def _print_lost(check: ReportCheck, gives: float, console: Console, said: Words) -> None:
    own, effort = of_check(check, said), said.efforts.get(check.effort, check.effort)
    console.print()
    console.print(
        Text.assemble(
            (f"+{said.say('{gives}', gives=gives)}  ", "green"),
            (f"{check.id}  {plain(own.title)}", "bold"),
            (f"  [{effort}]", "dim"),
        )
    )
    for finding in check.findings:
        if finding.outcome in {Outcome.FAIL, Outcome.PARTIAL}:
            place = f"  {plain(finding.place.path)}:{finding.place.line}" if finding.place else ""
            console.print(Text.assemble(f"  {said.phrases['seen']} ", of_finding(check, finding, said), (place, "dim")))
    console.print(Text(f"  {said.phrases['why']} {plain(own.why)}"))
    console.print(Text(f"  {said.phrases['fix']} {plain(own.fix)}"))


def _print_unseen(report: Report, console: Console, said: Words) -> None:
    """Print what would show the rest, and the settings that would show some of it as one block."""
    shows = [(action, action.gap) for action in report.actions if action.gap is not None]
    if shows:
        console.print()
        console.print(Text(said.phrases["shows"], "bold"))
    for action, gap in shows:
        shown = msgspec.structs.replace(gap, hint="") if action.hints else gap
        gives = f"  +{said.say('{gives}', gives=action.gives):<4} "
        names = f"{', '.join(action.checks)}  "
        console.print(Text.assemble((gives, "cyan"), (names, "dim"), plain(of_gap(shown, said))))
    lines = _block(report)
    if lines:
        console.print()
        console.print(Text(said.phrases["paste"], "bold"))
        for line in lines.splitlines():
            console.print(Text(plain(line)), soft_wrap=True)


def _block(report: Report) -> str:
    return block(hint for action in report.actions for hint in action.hints)
