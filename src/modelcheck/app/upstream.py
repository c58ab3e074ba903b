"""The server that a guard stands in front of, as its operator should know it from the beginning."""

from modelcheck.core.sentence import Told
from modelcheck.guard.setup import Address
from modelcheck.probes.http import Line
from modelcheck.probes.ollama.answers import Garbled, entries_of, switch_of

FIRST_LOOK_S = 2.0
MOST_ANSWER = 16 << 20
"""Bytes of a list of models."""


def first_look(upstream: Address, *, limit_s: float = FIRST_LOOK_S) -> tuple[Told, ...]:
    """Look at the upstream once, and return what its operator should know."""
    line = Line(upstream.url, limit_s=limit_s, most_bytes=MOST_ANSWER)
    try:
        entries = entries_of(line.ask("GET", "/api/tags").body)
    except Garbled:
        return (
            Told(
                "{upstream} does not answer as Ollama does; until then whatever names a model is refused",
                upstream=upstream.url,
            ),
        )
    stubs = sum(entry.remote is True for entry in entries)
    counted = Told(
        "{upstream} answers; models here: {count}, stubs of its cloud: {stubs}",
        upstream=upstream.url,
        count=len(entries) - stubs,
        stubs=stubs,
    )
    try:
        is_disabled = switch_of(line.ask("GET", "/api/status").body)
    except Garbled:
        return counted, Told("whether its cloud is disabled it does not say; OLLAMA_NO_CLOUD=1 disables it")
    if is_disabled:
        return counted, Told("its cloud is disabled")
    return counted, Told("its cloud is not disabled, so requests wait for a fresh look; OLLAMA_NO_CLOUD=1 disables it")
