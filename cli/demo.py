"""`modelcheck demo`: the whole job on an embedded, simulated stack."""

from typing import Annotated

import typer

from modelcheck.app.demo import demo as run_demo
from modelcheck.cli.audit import show
from modelcheck.cli.endings import Ending
from modelcheck.cli.options import JsonOption, VerboseOption


def demo(
    *,
    language: str,
    corrected: Annotated[
        bool, typer.Option("--corrected", help="The corrected project instead of the broken one.")
    ] = False,
    gate: Annotated[bool, typer.Option("--gate", help="End with the gate's exit code.")] = False,
    json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """The whole job on an embedded, simulated stack."""
    report = run_demo("corrected" if corrected else "broken").report
    show(report, language, json=json, verbose=verbose)
    if gate:
        raise Ending(report.gate.exit_code)
