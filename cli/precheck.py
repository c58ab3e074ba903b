"""`modelcheck precheck NAME…`: would this pull be allowed? The nearest local models if not."""

from typing import Annotated

import typer

from modelcheck.app.options import Options
from modelcheck.app.precheck import Ways, asked_for, is_refused
from modelcheck.cli.endings import Ending
from modelcheck.cli.options import JsonOption, looks_at_inventory
from modelcheck.cli.output import console, write_bytes
from modelcheck.cli.progress import notes
from modelcheck.core.codec import encode
from modelcheck.reports.presence import print_prechecks

REFUSED = 4


@looks_at_inventory
def precheck(
    options: Options,
    *,
    language: str,
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="Model names as they would be pulled.")],
    json: JsonOption = False,
) -> None:
    """Would this pull be allowed? The nearest local models if not."""
    ways = Ways()
    answers = asked_for(names, options, ways)
    notes(ways.notes, language)
    if json:
        write_bytes(encode([one.precheck for one in answers]))
    else:
        print_prechecks(
            [one.precheck for one in answers], console(), language, [one.ruling.exemption for one in answers]
        )
    if any(is_refused(one) for one in answers):
        raise Ending(REFUSED)
