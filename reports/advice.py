"""What to do first, and where servers were asked under another name: one sentence each, with what to paste below."""

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from modelcheck.core.mapping import Mapped
from modelcheck.core.report import ReportAdvice
from modelcheck.core.sentence import plain
from modelcheck.reports.lang import Words

MOST = 5
"""Pieces of advice that are shown."""


def print_advice(advice: Sequence[ReportAdvice], console: Console, said: Words) -> None:
    """Print what to do first."""
    for one in advice[:MOST]:
        console.print(Text(f"→ {of_advice(one, said)}", "yellow"))
        if one.command:
            console.print(Padding(Text(plain(one.command), "bold"), (0, 0, 0, 4)))


def print_mapped(mapped: Sequence[Mapped], console: Console, said: Words) -> None:
    """Print which servers were asked elsewhere than the project says."""
    for one in mapped:
        template = said.phrases[f"mapped-{one.by.value}"]
        console.print(Text(said.say(template, named=one.named, asked=said.value(one.asked)), "dim"))


def of_advice(one: ReportAdvice, said: Words) -> str:
    """Say one piece of advice; one of a newer version is its code."""
    return said.say(said.advice.get(one.code, one.code), **one.params)
