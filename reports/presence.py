"""What is here on a terminal: answers of the pre-check, and the inventory."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap
from modelcheck.core.machine import Entry, Listing
from modelcheck.core.precheck import Precheck
from modelcheck.reports.lang import words
from modelcheck.reports.sentences import fill, of_gap, plain, size


def print_prechecks(answers: Sequence[Precheck], console: Console, language: str = "en") -> None:
    """Print for each name whether asking for it would download anything, and what is near."""
    said = words(language)
    for answer in answers:
        key = answer.obstacle.value or answer.presence.value
        gap = of_gap(answer.gap, said) if answer.gap is not None else ""
        entry = answer.entry.name if answer.entry is not None else ""
        text = fill(said.presence[key], model=answer.name, entry=entry, gap=gap)
        console.print(
            Text.assemble((said.presence["allowed" if answer.allowed else "refused"], _style(answer)), "  ", text)
        )
        for near in answer.near:
            alike = ", ".join(said.traits[trait] for trait in near.alike)
            console.print(Text(f"    nearest: {plain(near.name)}  ({alike})"))
            if near.register:
                console.print(Text(f"      {plain(near.register)}", "dim"))


def print_inventory(
    servers: Seen[str, Listing],
    loose: tuple[Entry, ...] | Gap,
    total: int | None,
    console: Console,
    language: str = "en",
) -> None:
    """Print what each server holds, and files that no server has registered."""
    said = words(language)
    for server in servers:
        listing = servers[server]
        if isinstance(listing, Gap):
            console.print(Text.assemble((f"{plain(server)}: ", "bold"), of_gap(listing, said)))
            continue
        console.print(
            Text(f"{plain(server)} ({said.presence[listing.source.value]}), {len(listing.entries)} models", "bold")
        )
        _print_entries(listing.entries, total, console, language)
    if not isinstance(loose, Gap) and loose:
        console.print(Text(said.presence["loose"], "bold"))
        _print_entries(loose, total, console, language)


def _print_entries(entries: tuple[Entry, ...], total: int | None, console: Console, language: str) -> None:
    said = words(language).presence
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("name", "size", "family", "parameters", "quantisation", "fit"):
        table.add_column(said[f"column-{heading}"], overflow="fold")
    for entry in entries:
        cells = (entry.family, entry.parameters, entry.quantisation)
        shown = [plain(cell) if isinstance(cell, str) else "?" for cell in cells]
        weight = size(entry.size) if isinstance(entry.size, int) else "?"
        table.add_row(*(Text(text) for text in (plain(entry.name), weight, *shown, said[_fit(entry, total)])))
    console.print(table)


def _fit(entry: Entry, total: int | None) -> str:
    """Compare weights alone with the card; an estimate that needs no context, and is called so in the heading."""
    if entry.remote is True:
        return "fit-remote"
    if total is None or not isinstance(entry.size, int):
        return "fit-unknown"
    return "fit-yes" if entry.size < total else "fit-no"


def _style(answer: Precheck) -> str:
    return "bold green" if answer.allowed else "bold red"
