"""`modelcheck gate`: decide, say why in few lines, and end with the code."""

import os

from modelcheck.app.audit import audit
from modelcheck.app.change import unheld
from modelcheck.app.decision import decision
from modelcheck.app.options import Options
from modelcheck.cli.endings import Ending
from modelcheck.cli.options import JsonOption, looks
from modelcheck.cli.output import console, write_bytes
from modelcheck.cli.progress import notes
from modelcheck.reports.json import json_report
from modelcheck.reports.terminal import print_gate


@looks
def gate(options: Options, *, language: str, json: JsonOption = False) -> None:
    """The CI step: decide, and say why in few lines. PATH may be a stored report, which is counted again."""
    if options.path.is_file():
        stored = decision(options)
        report, beside = stored.report, stored.notes
    else:
        done = audit(options, plugins=False)
        report, beside = done.report, done.notes
        unsaid = None if options.baseline else unheld(os.environ)
        beside = beside if unsaid is None else (*beside, unsaid)
    notes(beside, language)
    if json:
        write_bytes(json_report(report))
    else:
        print_gate(report, console(), language)
    raise Ending(report.gate.exit_code)
