"""Why not 100: every point that was not earned, with what was seen, why it matters, the fix and what it gives back."""

from rich.console import Console
from rich.text import Text

from modelcheck.core.check import Outcome
from modelcheck.core.report import Report, ReportCheck
from modelcheck.core.sentence import fill, plain
from modelcheck.reports.lang import words
from modelcheck.reports.sentences import of_finding, of_gap
from modelcheck.reports.terminal import headline


def print_explanation(report: Report, console: Console, language: str = "en") -> None:
    """Print what was lost and what was not seen; the numbers add up to 100 % of what applies."""
    said = words(language)
    console.print(Text(headline(report, language), "bold"))
    checks = {check.id: check for part in report.parts for check in part.checks}
    for action in report.actions:
        if action.kind == "fix":
            _lost(checks[action.checks[0]], action.gives, console, language)
    shows = [action for action in report.actions if action.kind == "show" and action.gap is not None]
    if shows:
        console.print()
        console.print(Text(said.phrases["shows"], "bold"))
    for action in shows:
        gap = of_gap(action.gap, said) if action.gap is not None else ""
        console.print(
            Text.assemble((f"  +{action.gives:<4} ", "cyan"), (f"{', '.join(action.checks)}  ", "dim"), plain(gap))
        )
    console.print()
    console.print(Text(fill(said.phrases["levels"]), "dim"))


def _lost(check: ReportCheck, gives: float, console: Console, language: str) -> None:
    said = words(language)
    console.print()
    console.print(
        Text.assemble(
            (f"+{gives}  ", "green"), (f"{check.id}  {plain(check.title)}", "bold"), (f"  [{check.effort}]", "dim")
        )
    )
    for finding in check.findings:
        if finding.outcome in {Outcome.FAIL, Outcome.PARTIAL}:
            place = f"  {plain(finding.place.path)}:{finding.place.line}" if finding.place else ""
            console.print(Text.assemble("  seen: ", of_finding(check, finding, said), (place, "dim")))
    console.print(Text(f"  why:  {plain(check.why)}"))
    console.print(Text(f"  fix:  {plain(check.fix)}"))
