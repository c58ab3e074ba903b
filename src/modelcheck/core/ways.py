"""The ways to hosted providers: where requests and keys go, and what in the environment changes that."""

from typing import ClassVar

from modelcheck.core.facts import Fact, Record, Scope, Seen


class Variable(Record, frozen=True):
    """A variable that is set; its value is not kept."""

    name: str
    origin: str
    """`environment` or the name of a `.env` file."""


class Way(Record, frozen=True):
    """The way to one provider."""

    official: bool
    """Whether the project names no address, or one of the provider's own."""
    given: bool
    """Whether the user gave its address on the command line."""
    redirected_by: Variable | None = None
    """What the provider's own SDK reads, and what leads it elsewhere than the configuration says."""


class Ways(Fact, frozen=True):
    """The way to each provider in use, and what holds for all of them on this machine."""

    scope: ClassVar[Scope] = Scope.MACHINE

    providers: Seen[str, Way]
    unverified_by: Variable | None = None
    """What turns the verification of certificates off."""
    certificates_by: Variable | None = None
    """What names certificates beside the system's."""
    loopback_by: Variable | None = None
    """The proxy that clients would send requests to this machine's own servers through."""
