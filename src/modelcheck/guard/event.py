"""An event: one request that the guard did not pass on, as its log, its counters and its lessons hear of it."""

from enum import StrEnum
from typing import Protocol

import msgspec

from modelcheck.core.nearest import Near


class Outcome(StrEnum):
    """What became of a request."""

    FORWARDED = "forwarded"
    ANSWERED = "answered"
    """Answered here: what was to be pulled is here already, a pre-flight, the handshake."""
    REFUSED = "refused"
    FAILED = "failed"
    """Passed on, and the upstream gave no answer that could be passed back."""


OTHER = "other"
"""Stands for every path that is no route, in the counters."""


class Event(msgspec.Struct, frozen=True):
    """One request; nothing in it is a prompt, a key or a token, and every text is printable and bounded."""

    outcome: Outcome
    reason: str
    """Why it was refused or failed: a `Reason` of the ruling, or a `Fault` of the request."""
    status: int
    method: str
    path: str
    """The route, or the path as it was asked for."""
    action: str = ""
    """What it asked to do, as far as that was understood."""
    name: str = ""
    """The model or other target."""
    client: str = ""
    """`loopback`, or the address of the caller where the guard listens to others."""
    near: tuple[Near, ...] = ()


class Log(Protocol):
    """Takes events down; nothing of it waits or raises."""

    def note(self, event: Event) -> None:
        """Take an event down."""
        ...

    def flush(self) -> None:
        """Write what waits; called about once a second."""
        ...
