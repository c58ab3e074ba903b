"""`modelcheck --help`: the commands in their panels, from the table alone, so that it is there at once."""

import sys
import textwrap
from collections.abc import Callable
from itertools import groupby
from os import get_terminal_size

from modelcheck.cli.commands import COMMANDS
from modelcheck.cli.language import help_words
from modelcheck.core.language import ENGLISH

USAGE = "Usage: modelcheck [--version] [--debug] [--help] [--lang LANGUAGE] COMMAND [OPTIONS] ..."
ABOUT = "Scores the AI-model architecture of a project: local models under Ollama, clouds as fallback."
MORE = "`modelcheck COMMAND --help` lists the options of a command; `--lang fr` speaks French, with any command."
NARROW, WIDE, USUAL = 40, 100, 80


def print_overview(language: str = ENGLISH) -> None:
    """Print the overview, wrapped to the terminal."""
    width, helped = max(NARROW, min(_columns(), WIDE)), help_words(language)
    panels = [_panel(panel, width, helped) for panel in _panels()]
    blocks = [_folded(helped(USAGE), width), _folded(helped(ABOUT), width), *panels, _folded(helped(MORE), width)]
    sys.stdout.write("\n\n".join(blocks) + "\n")


def _folded(text: str, width: int) -> str:
    return textwrap.fill(text, width)


def _panels() -> list[str]:
    return [panel for panel, _ in groupby(COMMANDS, lambda entry: entry.panel)]


def _panel(panel: str, width: int, helped: Callable[[str], str]) -> str:
    indent = max(len(entry.name) for entry in COMMANDS) + 4
    rows = [
        textwrap.fill(
            helped(entry.help), width, initial_indent=f"  {entry.name}".ljust(indent), subsequent_indent=" " * indent
        )
        for entry in COMMANDS
        if entry.panel == panel
    ]
    return "\n".join([helped(panel), *rows])


def _columns() -> int:
    try:
        return get_terminal_size(sys.stdout.fileno()).columns or USUAL
    except (OSError, ValueError):
        return USUAL
