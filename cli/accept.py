"""`modelcheck accept`: write today's report as the baseline."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from modelcheck.app.acceptance import accepted
from modelcheck.app.options import Options
from modelcheck.cli.options import looks
from modelcheck.cli.output import save
from modelcheck.cli.progress import progress
from modelcheck.reports.json import json_report
from modelcheck.reports.lang import words

BASELINE = Path("modelcheck-baseline.json")


@looks
def accept(
    options: Options,
    *,
    language: str,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the baseline is written.")] = BASELINE,
    replace: Annotated[bool, typer.Option("--replace", help="Write it anew where it is there already.")] = False,
) -> None:
    """Write today's report as the baseline: with --baseline, new failures alone count."""
    with progress(language) as watch:
        done = accepted(options, out, replace=replace, watch=watch)
    save(out, json_report(done.report))
    said = words(language)
    value = done.report.score.value
    sys.stderr.write(said.say(said.excused["accepted"], file=out, count=done.failures, value=value) + "\n")
