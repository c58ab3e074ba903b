"""`modelcheck --help`: the commands in their panels, from the table alone, so that it is there at once."""

import sys
import textwrap
from itertools import groupby
from os import get_terminal_size

from modelcheck.cli.commands import COMMANDS

USAGE = "Usage: modelcheck [--version] [--debug] [--help] COMMAND [OPTIONS] ..."
ABOUT = "Scores the AI-model architecture of a project: local models under Ollama, clouds as fallback."
MORE = "`modelcheck COMMAND --help` lists the options of a command."
NARROW, WIDE, USUAL = 40, 100, 80


def print_overview() -> None:
    """Print the overview, wrapped to the terminal."""
    width = max(NARROW, min(_columns(), WIDE))
    blocks = [USAGE, ABOUT, *(_panel(panel, width) for panel in _panels()), MORE]
    sys.stdout.write("\n\n".join(block if "\n" in block else textwrap.fill(block, width) for block in blocks) + "\n")


def _panels() -> list[str]:
    return [panel for panel, _ in groupby(COMMANDS, lambda entry: entry.panel)]


def _panel(panel: str, width: int) -> str:
    indent = max(len(entry.name) for entry in COMMANDS) + 4
    rows = [
        textwrap.fill(entry.help, width, initial_indent=f"  {entry.name}".ljust(indent), subsequent_indent=" " * indent)
        for entry in COMMANDS
        if entry.panel == panel
    ]
    return "\n".join([panel, *rows])


def _columns() -> int:
    try:
        return get_terminal_size(sys.stdout.fileno()).columns or USUAL
    except (OSError, ValueError):
        return USUAL
