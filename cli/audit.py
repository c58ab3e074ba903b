"""`modelcheck audit`: look, and show every point with its evidence."""

from pathlib import Path
from typing import Annotated

import typer

from modelcheck.app.audit import audit as run_audit
from modelcheck.app.errors import UserError
from modelcheck.app.explained import explained_profile
from modelcheck.app.options import Options
from modelcheck.cli.endings import INTERRUPTED, Ending
from modelcheck.cli.options import JsonOption, VerboseOption, looks
from modelcheck.cli.output import console, save, write_bytes
from modelcheck.cli.progress import notes, progress
from modelcheck.core.codec import encode
from modelcheck.core.factsfile import facts_text
from modelcheck.core.report import Report
from modelcheck.core.sentence import Told
from modelcheck.reports.json import json_report
from modelcheck.reports.profile import print_profile
from modelcheck.reports.terminal import print_report

NOTHING_SEEN = 3
PARTIAL = Told("interrupted: this report is partial; what was not seen by then counts as not seen")


@looks
def audit(
    options: Options,
    *,
    language: str,
    json: JsonOption = False,
    verbose: VerboseOption = False,
    facts_out: Annotated[Path | None, typer.Option(metavar="FILE", help="Save the facts for --from.")] = None,
    report: Annotated[
        list[str] | None, typer.Option(metavar="FORMAT=FILE", help="Also write a report; repeatable. Formats: json.")
    ] = None,
    explain_profile: Annotated[
        bool, typer.Option("--explain-profile", help="Show what the profile demands and judges, without a look.")
    ] = False,
) -> None:
    """Look at a project, its machine and its providers, and show every point with its evidence."""
    if explain_profile:
        show_profile(options, language, json=json)
        return
    wanted = [_target(item) for item in report or ()]
    with progress(language) as watch:
        done = run_audit(options, watch=watch, partial=True)
    if facts_out is not None:
        save(facts_out, facts_text(done.facts))
    for path in wanted:
        save(path, json_report(done.report))
    show(done.report, language, json=json, verbose=verbose)
    if done.partial:
        notes((PARTIAL,), language)
        raise Ending(INTERRUPTED)
    notes(done.notes, language)
    raise Ending(code(done.report, options))


def show(report: Report, language: str, *, json: bool, verbose: bool) -> None:
    """Print a report in one of its two forms."""
    if json:
        write_bytes(json_report(report))
    else:
        print_report(report, console(), verbose=verbose, language=language)


def show_profile(options: Options, language: str, *, json: bool) -> None:
    """Print the profile that would judge in one of its two forms."""
    profile = explained_profile(options)
    if json:
        write_bytes(encode(profile))
    else:
        print_profile(profile, console(), language)


def code(report: Report, options: Options) -> int:
    """Return 0 once the report is there, unless there is nothing to score or a gate option was given."""
    if any(reason.code == "nothing-to-score" for reason in report.gate.reasons):
        return NOTHING_SEEN
    bars = (options.fail_under, options.min_coverage, options.max_drop, options.baseline)
    asked = any(bar is not None for bar in bars)
    return report.gate.exit_code if asked else 0


def _target(item: str) -> Path:
    form, equals, name = item.partition("=")
    if form != "json" or not equals or not name:
        raise UserError(
            "--report {item}: write FORMAT=FILE; the formats of this version: {formats}", item=item, formats="json"
        )
    return Path(name)
