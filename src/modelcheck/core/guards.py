"""Guards: what stands where the project asks a server, and what it refuses."""

from typing import ClassVar

from modelcheck.core.facts import Fact, Record, Scope, Seen
from modelcheck.core.gap import NOT_RECORDED, Gap


class Attempt(Record, frozen=True):
    """One request that a guard has to refuse, made under a name that Ollama itself would refuse."""

    route: str
    """Its method and path, such as `POST /api/pull`."""
    refused: bool | Gap
    """Whether the guard refused it in its own words."""


class Guard(Record, frozen=True):
    """What stands at the address of one server; only what proved to be a guard was asked more than that."""

    proven: bool
    """Whether it answered a fresh nonce with a proof."""
    detail: str = ""
    """What was seen in place of a proof, such as `HTTP 404`; printable and bounded."""
    attempts: tuple[Attempt, ...] | Gap = NOT_RECORDED
    direct: bool | Gap = NOT_RECORDED
    """Whether Ollama answers at its usual port of this machine without a guard."""


class Guards(Fact, frozen=True):
    """What stands at the address of each Ollama server that the project uses."""

    scope: ClassVar[Scope] = Scope.MACHINE

    servers: Seen[str, Guard]
