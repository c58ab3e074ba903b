"""The application: builds the Typer app from the table, importing only the command that is called."""

import inspect
import sys
from collections.abc import Callable
from copy import copy
from functools import update_wrapper, wraps
from importlib import import_module
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer
from typer.models import ParameterInfo

from modelcheck import __version__
from modelcheck.app.errors import UserError
from modelcheck.cli.commands import COMMANDS, Entry
from modelcheck.cli.endings import ending
from modelcheck.cli.language import Spoken, help_words, languages
from modelcheck.cli.overview import ABOUT
from modelcheck.core.language import ENGLISH


def run(said: Spoken) -> None:
    """Parse and run in a language; exits with the documented code."""
    ending.language = said.language
    if (asked := said.asked) is not None:
        raise SystemExit(ending(lambda: _refuse(asked)))
    called = next((argument for argument in said.arguments if not argument.startswith("-")), None)
    try:
        app = build(called, said.language)
        code = app(args=list(said.arguments), prog_name="modelcheck", standalone_mode=False)
    except Exception as error:  # noqa: BLE001 - the parser's own kinds are not public; all others go on as they came
        raise _usage(error) from error.__cause__
    raise SystemExit(code or 0)


def _usage(error: Exception) -> Exception:
    """Return what the parser says of wrong usage as an error of ours: it would show words as they came."""
    said = getattr(error, "format_message", None)
    if said is None:
        return error
    command = getattr(getattr(error, "ctx", None), "command_path", "modelcheck")
    return UserError(
        "{problem}; `{command} --help` lists what there is", problem=str(said()).rstrip("."), command=command
    )


def build(called: str | None, language: str = ENGLISH) -> typer.Typer:
    """Return the app with one real command, the others being names with their help."""
    helped = help_words(language)
    app = typer.Typer(
        name="modelcheck",
        help=helped(ABOUT),
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_spoken(_bare, language))
    for entry in COMMANDS:
        is_called = entry.name == called
        if entry.members and is_called:
            app.add_typer(_group(entry, language), name=entry.name, help=helped(entry.help))
        else:
            function = _loaded(entry, language) if is_called else _named
            app.command(entry.name, help=helped(entry.help), rich_help_panel=helped(entry.panel))(function)
    return app


def _group(entry: Entry, language: str) -> typer.Typer:
    """Return a command that has commands of its own."""
    helped = help_words(language)
    group = typer.Typer(no_args_is_help=True)
    for member in entry.members:
        group.command(member.name, help=helped(member.help))(_loaded(member, language))
    return group


def _loaded(entry: Entry, language: str) -> Callable[..., Any]:
    command = _spoken(getattr(import_module(entry.module), entry.name), language)

    @wraps(command)
    def run(**given: object) -> None:
        raise typer.Exit(ending(lambda: command(**given)))

    return run


def _spoken(command: Callable[..., Any], language: str) -> Callable[..., Any]:
    """Give a command the language where it takes one, and its options their help in it."""
    helped = help_words(language)
    hints = get_type_hints(command, include_extras=True)
    parameters = inspect.signature(command).parameters

    def run(**given: object) -> object:
        return command(**given, **({"language": language} if "language" in parameters else {}))

    update_wrapper(run, command)
    shown = [
        parameter.replace(annotation=_helped(hints[name], helped), kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in parameters.items()
        if name != "language"
    ]
    run.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    return run


def _helped(hint: object, helped: Callable[[str], str]) -> object:
    """Return the type of a parameter with the help of its option in another language."""
    if get_origin(hint) is not Annotated:
        return hint
    kind, *extras = get_args(hint)
    for place, extra in enumerate(extras):
        if isinstance(extra, ParameterInfo) and extra.help:
            extras[place] = copy(extra)
            extras[place].help = helped(extra.help)
    return Annotated[kind, *extras]


def _refuse(asked: str) -> None:
    raise UserError("no words in the language {asked}; there are: {languages}", asked=asked, languages=languages())


def _named() -> None:
    """Stand for a command that is not called."""


def _bare(
    context: typer.Context,
    *,
    language: str,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of modelcheck's own faults.")] = False,
) -> None:
    if debug:
        sys.tracebacklimit = 1000
        ending.debug = True
    if version:
        typer.echo(f"modelcheck {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        from modelcheck.cli.bare import bare

        raise typer.Exit(ending(lambda: bare(language)))
