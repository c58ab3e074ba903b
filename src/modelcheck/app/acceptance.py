"""Accepting: today's report as the baseline, against which new failures alone count."""

import os
from dataclasses import dataclass
from pathlib import Path

from modelcheck.app.audit import audit
from modelcheck.app.errors import NothingSeen, UserError
from modelcheck.app.options import Options
from modelcheck.app.survey import Watch, unwatched
from modelcheck.core.check import Outcome
from modelcheck.core.comparison import Failure
from modelcheck.core.report import Report


@dataclass(frozen=True)
class Acceptance:
    """A baseline that is ready to be written."""

    report: Report
    failures: int
    """How many failures it accepts, each as often as it is there."""


def accepted(options: Options, out: Path, *, replace: bool, watch: Watch = unwatched) -> Acceptance:
    """Look, and return today's report as a baseline for the file `out`.

    Raises:
        UserError: `out` is there and nobody said that it may be replaced, or what is asked for gives no baseline.
        NothingSeen: there is nothing to score.

    """
    if options.baseline is not None or options.only or options.skip:
        raise UserError("a baseline is a whole report: leave out --baseline, --only and --skip")
    if os.path.lexists(out) and not replace:
        raise UserError(
            "{path} is there already, and so are the failures it accepts; --replace writes it anew", path=out
        )
    report = audit(options, watch=watch).report
    if report.score.value is None:
        raise NothingSeen(
            "there is nothing to score, so there is nothing to accept; `modelcheck audit` says what to try"
        )
    return Acceptance(report, len(failures(report)))


def failures(report: Report) -> tuple[Failure, ...]:
    """Return the failures of a report, each as often as it is there."""
    found = ((check.id, finding) for part in report.parts for check in part.checks for finding in check.findings)
    return tuple(Failure.of(check, finding) for check, finding in found if finding.outcome is Outcome.FAIL)
