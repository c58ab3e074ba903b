"""The first words in a folder: what is there, in one sentence that says what to do, and what to try next."""

from rich.console import Console
from rich.text import Text

from modelcheck.core.report import Report
from modelcheck.core.sentence import plain
from modelcheck.reports.advice import print_advice
from modelcheck.reports.lang import Words

SAID = "config-elsewhere"
"""Advice that the sentence gives already."""
COMMAND = 9
"""Columns of a command's name."""


def print_unscored(report: Report, sentence: str, console: Console, said: Words) -> None:
    """Print why there is no number, and what to do about it."""
    console.print(Text(plain(report.subject), "bold"))
    console.print(Text(sentence, "bold"))
    print_advice([one for one in report.advice if one.code != SAID], console, said)


def print_commands(console: Console, said: Words) -> None:
    """Print the commands to try next."""
    console.print()
    for name, line in said.overview.items():
        console.print(Text(f"  modelcheck {name:<{COMMAND}}  {line}", "dim"))


def print_next(what: str, console: Console, said: Words) -> None:
    """Print one sentence that says what to do next."""
    console.print(Text(said.say(said.welcome[what])))
