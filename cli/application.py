"""The application: builds the Typer app from the table, importing only the command that is called."""

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from importlib import import_module
from typing import Any

import typer

from modelcheck import __version__
from modelcheck.cli.commands import COMMANDS, Entry
from modelcheck.cli.endings import ending
from modelcheck.cli.overview import ABOUT


def run(arguments: Sequence[str]) -> None:
    """Parse and run; exits with the documented code."""
    called = next((argument for argument in arguments if not argument.startswith("-")), None)
    build(called)(args=list(arguments), prog_name="modelcheck")


def build(called: str | None) -> typer.Typer:
    """Return the app with one real command, the others being names with their help."""
    app = typer.Typer(
        name="modelcheck",
        help=ABOUT,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_bare)
    for entry in COMMANDS:
        function = _loaded(entry) if entry.name == called else _named
        app.command(entry.name, help=entry.help if function is _named else None, rich_help_panel=entry.panel)(function)
    return app


def _loaded(entry: Entry) -> Callable[..., Any]:
    command: Callable[..., None] = getattr(import_module(entry.module), entry.name)

    @wraps(command)
    def run(**given: object) -> None:
        raise typer.Exit(ending(lambda: command(**given)))

    return run


def _named() -> None:
    """Stand for a command that is not called."""


def _bare(
    context: typer.Context,
    *,
    version: bool = typer.Option(False, "--version", help="Print the version and leave."),
    debug: bool = typer.Option(False, "--debug", help="Show tracebacks of modelcheck's own faults."),
) -> None:
    if debug:
        sys.tracebacklimit = 1000
        ending.debug = True
    if version:
        typer.echo(f"modelcheck {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        from modelcheck.cli.bare import bare

        raise typer.Exit(ending(bare))
