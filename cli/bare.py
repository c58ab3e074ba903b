"""Bare `modelcheck`: a short look at the folder one stands in, and what to try next."""

from modelcheck.app.audit import audit
from modelcheck.app.errors import NothingSeen
from modelcheck.app.options import Options
from modelcheck.cli.endings import Ending
from modelcheck.cli.output import console
from modelcheck.reports.terminal import print_score

LIMIT_S = 2.0
NEXT = (
    "modelcheck audit      every point with its evidence",
    "modelcheck explain    why not 100",
    "modelcheck inventory  what is really here",
    "modelcheck demo       the whole job on a simulated stack",
    "modelcheck --help     everything else",
)


def bare() -> None:
    """Look for two seconds and say what to try next."""
    out = console()
    try:
        report = audit(Options(limit_s=LIMIT_S, offline=True)).report
        print_score(report, out)
    except NothingSeen as nothing:
        out.print(str(nothing), style="bold")
        report = None
    out.print()
    for line in NEXT:
        out.print(f"  {line}", style="dim")
    if report is None or report.score.value is None:
        raise Ending(3)
