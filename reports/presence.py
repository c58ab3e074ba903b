"""Answers of the pre-check on a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from modelcheck.core.precheck import Precheck
from modelcheck.core.sentence import plain
from modelcheck.reports.lang import words
from modelcheck.reports.sentences import of_gap


def print_prechecks(answers: Sequence[Precheck], console: Console, language: str = "en") -> None:
    """Print for each name whether asking for it would download anything, and what is near."""
    said = words(language)
    for answer in answers:
        key = answer.obstacle.value or answer.presence.value
        gap = of_gap(answer.gap, said) if answer.gap is not None else ""
        entry = answer.entry.name if answer.entry is not None else ""
        text = said.say(said.presence[key], model=answer.name, entry=entry, gap=gap)
        console.print(
            Text.assemble((said.presence["allowed" if answer.allowed else "refused"], _style(answer)), "  ", text)
        )
        for near in answer.near:
            alike = ", ".join(said.traits[trait] for trait in near.alike)
            one = said.presence["nearest-on" if near.server else "nearest"]
            console.print(Text(f"    {said.say(one, name=near.name, server=near.server, alike=alike)}"))
            if near.register:
                console.print(Text(f"      {plain(near.register)}", "dim"))


def _style(answer: Precheck) -> str:
    return "bold green" if answer.allowed else "bold red"
