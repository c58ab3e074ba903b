"""`modelcheck audit`: look, and show every point with its evidence."""

from pathlib import Path
from typing import Annotated

import typer

from modelcheck.app.audit import audit as run_audit
from modelcheck.app.errors import UserError
from modelcheck.app.options import Options
from modelcheck.cli.endings import Ending
from modelcheck.cli.options import JsonOption, VerboseOption, looks
from modelcheck.cli.output import console, save, write_bytes
from modelcheck.cli.progress import progress
from modelcheck.core.factsfile import facts_text
from modelcheck.core.report import Report
from modelcheck.reports.json import json_report
from modelcheck.reports.terminal import print_report

NOTHING_SEEN = 3


@looks
def audit(
    options: Options,
    *,
    json: JsonOption = False,
    verbose: VerboseOption = False,
    facts_out: Annotated[Path | None, typer.Option(metavar="FILE", help="Save the facts for --from.")] = None,
    report: Annotated[
        list[str] | None, typer.Option(metavar="FORMAT=FILE", help="Also write a report; repeatable. Formats: json.")
    ] = None,
) -> None:
    """Look at a project, its machine and its providers, and show every point with its evidence."""
    wanted = [_target(item) for item in report or ()]
    done = run_audit(options, watch=progress())
    if facts_out is not None:
        save(facts_out, facts_text(done.facts))
    for path in wanted:
        save(path, json_report(done.report))
    show(done.report, json=json, verbose=verbose)
    raise Ending(code(done.report, options))


def show(report: Report, *, json: bool, verbose: bool) -> None:
    """Print a report in one of its two forms."""
    if json:
        write_bytes(json_report(report))
    else:
        print_report(report, console(), verbose=verbose)


def code(report: Report, options: Options) -> int:
    """Return 0 once the report is there, unless there is nothing to score or a gate option was given."""
    if any(reason.code == "nothing-to-score" for reason in report.gate.reasons):
        return NOTHING_SEEN
    asked = options.fail_under is not None or options.min_coverage is not None
    return report.gate.exit_code if asked else 0


def _target(item: str) -> Path:
    form, equals, name = item.partition("=")
    if form != "json" or not equals or not name:
        raise UserError(
            "--report {item}: write FORMAT=FILE; the formats of this version: {formats}", item=item, formats="json"
        )
    return Path(name)
