"""`modelcheck inventory`: what is really here; `--lock` writes models.lock."""

import sys
from typing import Annotated

import typer

from modelcheck.app.audit import Options
from modelcheck.app.inventory import held, locked
from modelcheck.cli.options import JsonOption, looks
from modelcheck.cli.output import console, save, write_bytes
from modelcheck.core.codec import encode
from modelcheck.reports.presence import print_inventory


@looks
def inventory(
    options: Options,
    *,
    json: JsonOption = False,
    lock: Annotated[
        bool, typer.Option("--lock", help="Write models.lock for the models that the project names.")
    ] = False,
) -> None:
    """What is really here, and whether it fits the card; --lock writes models.lock."""
    if lock:
        text = locked(options)
        save(text.path, text.data)
        left = f"; not certainly here, so left out: {', '.join(text.left_out)}" if text.left_out else ""
        sys.stderr.write(f"{text.path.name}: {text.models} models{left}\n")
        return
    found = held(options)
    if json:
        write_bytes(encode(found.inventory))
    else:
        print_inventory(found.inventory.servers, found.inventory.loose, found.card, console())
