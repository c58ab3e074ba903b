"""What the doctor saw, on a terminal: a line for each thing, what is to be done with what to paste."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from modelcheck.core.health import Health, Line, Standing
from modelcheck.core.sentence import plain
from modelcheck.reports.lang import Words, words

STYLES = {Standing.OK: "green", Standing.TODO: "bold yellow", Standing.NOTE: "dim"}
INDENT = 2


def print_health(health: Health, console: Console, language: str = "en") -> None:
    """Print every line, and how many things are to be done."""
    said = words(language)
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for line in health.lines:
        _add(line, table, said)
    console.print(table)
    console.print()
    code = "summary" if health.todo else "summary-none"
    console.print(Text(said.say(said.doctor[code], count=health.todo), "bold"))


def _add(line: Line, table: Table, said: Words) -> None:
    word = " " * INDENT + said.doctor[f"standing-{line.standing.value}"]
    template = said.doctor.get(line.code) or said.advice.get(line.code, line.code)
    table.add_row(Text(word, STYLES[line.standing]), Text(said.say(template, **line.params)))
    if line.command and line.standing is not Standing.OK:
        table.add_row(Text(), Text(plain(line.command), "bold"))
