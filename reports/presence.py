"""Answers of the pre-check on a terminal."""

from collections.abc import Sequence
from itertools import zip_longest

from rich.console import Console
from rich.text import Text

from modelcheck.core.exceptions import Exemption
from modelcheck.core.precheck import Precheck
from modelcheck.core.sentence import plain
from modelcheck.reports.lang import Words, words
from modelcheck.reports.sentences import of_gap

_STYLES = {"allowed": "bold green", "excepted": "bold yellow", "refused": "bold red"}


def print_prechecks(
    answers: Sequence[Precheck],
    console: Console,
    language: str = "en",
    exemptions: Sequence[Exemption | None] = (),
) -> None:
    """Print for each name whether asking for it would download anything, what is near, and what lets it pass."""
    said = words(language)
    for answer, exemption in zip_longest(answers, exemptions[: len(answers)]):
        key = answer.obstacle.value or answer.presence.value
        gap = of_gap(answer.gap, said) if answer.gap is not None else ""
        entry = answer.entry.name if answer.entry is not None else ""
        text = said.say(said.presence[key], model=answer.name, entry=entry, gap=gap)
        word = "allowed" if answer.allowed else "excepted" if exemption else "refused"
        console.print(Text.assemble((said.presence[word], _STYLES[word]), "  ", text))
        if exemption:
            console.print(Text(f"    {_passing(exemption, said)}", "yellow"))
        for near in answer.near:
            alike = ", ".join(said.traits[trait] for trait in near.alike)
            one = said.presence["nearest-on" if near.server else "nearest"]
            console.print(Text(f"    {said.say(one, name=near.name, server=near.server, alike=alike)}"))
            if near.register:
                console.print(Text(f"      {plain(near.register)}", "dim"))


def _passing(exemption: Exemption, said: Words) -> str:
    at = "" if exemption.at is None else f"{exemption.at.path}:{exemption.at.line}"
    return said.say(
        said.presence["passing"], until=exemption.until, approver=exemption.approver, reason=exemption.reason, at=at
    )
