"""What a change was held against, what of it judges and was taken from the base, and when the rest was seen."""

from rich.console import Console
from rich.text import Text

from modelcheck.core.report import Report, ReportChange
from modelcheck.core.sentence import plain
from modelcheck.reports.lang import Words

MOST = 20
"""Changes that are shown."""


def print_changes(report: Report, console: Console, said: Words) -> None:
    """Print the comparison with the base and every edit by name; nothing where there is neither."""
    lines = [*_dates(report, said), *_comparison(report, said)]
    changes = report.gate.changes
    lines += [_change(one, said) for one in changes[:MOST]]
    if len(changes) > MOST:
        lines.append(said.say(said.phrases["more"], count=len(changes) - MOST))
    if any(one.kind == "lock" and one.change for one in changes):
        lines.append(said.say(said.changes["lock-next"]))
    if lines:
        console.print()
    for line in lines:
        console.print(Text(plain(line)))


def _dates(report: Report, said: Words) -> list[str]:
    """Say of what was not seen with the project on which day it was."""
    days = {scope: time[:10] for scope, time in report.taken_at.items()}
    own = days.get("project", "")
    return [
        said.say(said.changes[f"seen-{scope}"], day=days[scope], project=own)
        for scope in ("machine", "providers")
        if days.get(scope, own) != own
    ]


def _comparison(report: Report, said: Words) -> list[str]:
    held = report.gate.comparison
    if held is None or not held.baseline:
        return []
    kind, _, date = held.baseline.partition(" ")
    sentence = said.changes["held-report" if kind == "report" else "held-folder"]
    return [said.say(sentence, date=date, new=len(held.new), known=held.known, gone=held.gone)]


def _change(one: ReportChange, said: Words) -> str:
    return said.say(
        said.changes[_key(one)], kind=said.changes[one.kind], name=one.name, base=one.base, change=one.change
    )


def _key(one: ReportChange) -> str:
    """Return which sentence says it."""
    if one.kind == "report":
        return "does-not-add-up"
    if one.kind == "settings" and one.name == "sensitive" and not one.base:
        return "tightened"
    if one.kind == "lock" and one.change:
        return "declared" if not one.base else "redeclared"
    if not one.base:
        return "added"
    return "edited" if one.change else "removed"
