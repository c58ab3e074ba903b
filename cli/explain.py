"""`modelcheck explain`: why not 100, or what one check is about."""

from collections.abc import Sequence
from typing import Annotated

import typer

from modelcheck.app.audit import audit
from modelcheck.app.last import recent
from modelcheck.app.options import Options
from modelcheck.app.rules import is_check_id, rule
from modelcheck.cli.options import JsonOption, looks
from modelcheck.cli.output import console, write_bytes
from modelcheck.cli.progress import notes, progress
from modelcheck.core.codec import encode
from modelcheck.core.report import Report
from modelcheck.core.sentence import Told
from modelcheck.reports.explanation import json_explanation, print_explanation
from modelcheck.reports.rules import print_rule


@looks
def explain(
    options: Options,
    *,
    language: str,
    json: JsonOption = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Look again, even where the last look is a few minutes old.")
    ] = False,
) -> None:
    """Why not 100, or what one check is about: give a project's folder, or the id of a check such as OLL-05."""
    asked = options.path.as_posix()
    if is_check_id(asked):
        if json:
            write_bytes(encode(rule(asked)))
        else:
            print_rule(rule(asked), console(), language)
        return
    report, beside = _report(options, language, fresh=fresh)
    if json:
        write_bytes(json_explanation(report))
    else:
        print_explanation(report, console(), language)
    notes(beside, language)


def _report(options: Options, language: str, *, fresh: bool) -> tuple[Report, Sequence[Told]]:
    """Return the report of the last look where nothing but a folder was asked for, else that of a new one."""
    if not (fresh or _asks_otherwise(options)):
        found = recent(options)
        if found is not None:
            when = found.taken_at.astimezone().strftime("%H:%M")
            return found.report, [Told("from the look of {when}; --fresh looks again", when=when)]
    with progress(language) as watch:
        done = audit(options, watch=watch)
    return done.report, done.notes


def _asks_otherwise(options: Options) -> bool:
    """Whether the command line says anything but the folder: what was seen then was perhaps seen otherwise."""
    alone = (options.only, options.skip, options.facts, options.today, options.last)
    return any(alone) or any(origin.startswith("--") for origin in options.origins.values())
