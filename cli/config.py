"""`modelcheck config show` and `config schema`: the settings that hold and where from, and what files may say."""

from enum import StrEnum
from typing import Annotated

import typer

from modelcheck.app.effective import effective
from modelcheck.app.options import Options
from modelcheck.app.schemas import schema_of
from modelcheck.cli.options import JsonOption, looks
from modelcheck.cli.output import console, write_bytes
from modelcheck.core.codec import encode
from modelcheck.reports.configured import print_settings


class File(StrEnum):
    """The files that there is a schema of."""

    SETTINGS = "settings"
    """A project's `modelcheck.yaml`."""
    OWN = "own"
    """The user's own."""
    PROFILE = "profile"
    REPORT = "report"


@looks
def show(
    options: Options,
    *,
    language: str,
    origin: Annotated[bool, typer.Option("--origin", help="Also where each value comes from.")] = False,
    json: JsonOption = False,
) -> None:
    """Every setting that holds for a project; --origin says where each comes from."""
    rows = effective(options)
    if json:
        write_bytes(encode({"settings": rows}))
    else:
        print_settings(rows, console(), origin=origin, language=language)


def schema(*, file: Annotated[File, typer.Argument(help="settings, own, profile or report.")] = File.SETTINGS) -> None:
    """Print the JSON Schema of a settings file, a profile or a report, for editors."""
    write_bytes(encode(schema_of(file.value)))
