"""`modelcheck score`: one number with its range and parts."""

from modelcheck.app.audit import audit
from modelcheck.app.options import Options
from modelcheck.cli.audit import code
from modelcheck.cli.endings import Ending
from modelcheck.cli.options import JsonOption, looks
from modelcheck.cli.output import console, write_bytes
from modelcheck.cli.progress import notes, progress
from modelcheck.reports.json import json_report
from modelcheck.reports.terminal import print_score


@looks
def score(options: Options, *, language: str, json: JsonOption = False) -> None:
    """One number with its range and parts."""
    with progress(language) as watch:
        done = audit(options, watch=watch)
    report = done.report
    if json:
        write_bytes(json_report(report))
    else:
        print_score(report, console(), language)
    notes(done.notes, language)
    raise Ending(code(report, options))
