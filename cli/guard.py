"""`modelcheck guard serve`: a guarded address of Ollama's, at which nothing is pulled that is not in the inventory."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from modelcheck.app.guard import composed, guarded, now
from modelcheck.app.guardsetup import LISTEN, UPSTREAM, Asked
from modelcheck.cli.endings import INTERRUPTED, Ending, ending
from modelcheck.core.sentence import Told
from modelcheck.guard.setup import Address
from modelcheck.reports.lang import told


def serve(
    *,
    language: str,
    listen: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where the guard answers.")] = LISTEN,
    upstream: Annotated[str, typer.Option(metavar="URL", help="The Ollama server that it guards.")] = UPSTREAM,
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What callers must show; needed beyond this machine.")
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A name that may stand in Host beside loopback ones.")
    ] = None,
    allow_origin: Annotated[
        list[str] | None, typer.Option(metavar="ORIGIN", help="An origin whose pages may ask beside local ones.")
    ] = None,
    remote_upstream: Annotated[
        bool, typer.Option("--remote-upstream", help="Let the upstream be on another machine.")
    ] = False,
    audit_log: Annotated[
        Path | None, typer.Option(metavar="FILE|-", help="Where each refusal is logged; - is standard output.")
    ] = None,
    no_audit_log: Annotated[bool, typer.Option("--no-audit-log", help="Log no refusal.")] = False,
    metrics: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Also answer GET /metrics, in OpenMetrics, there.")
    ] = None,
    learn: Annotated[
        bool, typer.Option("--learn", help="In the end, print the exceptions that would let pass what was refused.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", help="Processes that share the work: on Linux one for each core up to 4, else 1."),
    ] = None,
) -> None:
    """A guarded address of Ollama's: what is not in the inventory is refused, whoever asks."""
    asked = Asked(
        listen=listen,
        upstream=upstream,
        token_file=token_file,
        hosts=tuple(allow_host or ()),
        origins=tuple(allow_origin or ()),
        remote_upstream=remote_upstream,
        audit_log=audit_log,
        no_audit_log=no_audit_log,
        metrics=metrics,
        learn=learn,
        workers=workers,
    )

    def say(one: Told) -> None:
        sys.stderr.write(f"modelcheck: {told(one, language)}\n")
        sys.stderr.flush()

    def ready(address: Address) -> None:
        say(Told("guarding {upstream} on {address}", upstream=parts.setup.upstream.url, address=address.url))

    parts = composed(asked, say)
    interrupted = guarded(parts, ready, say, ending.of)
    if parts.lessons is not None:
        sys.stdout.write(parts.lessons.proposals(now(), lambda one: told(one, language)))
    if interrupted:
        raise Ending(INTERRUPTED)
