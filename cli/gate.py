"""`modelcheck gate`: decide, say why in few lines, and end with the code."""

from modelcheck.app.audit import audit
from modelcheck.app.options import Options
from modelcheck.cli.endings import Ending
from modelcheck.cli.options import JsonOption, looks
from modelcheck.cli.output import console, write_bytes
from modelcheck.reports.json import json_report
from modelcheck.reports.terminal import print_gate


@looks
def gate(options: Options, *, json: JsonOption = False) -> None:
    """The CI step: decide, and say why in few lines."""
    report = audit(options, plugins=False).report
    if json:
        write_bytes(json_report(report))
    else:
        print_gate(report, console())
    raise Ending(report.gate.exit_code)
