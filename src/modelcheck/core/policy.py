"""The policy: what a profile demands of the project and checks must know to judge it."""

from typing import ClassVar

from modelcheck.core.facts import Fact, Scope


class Policy(Fact, frozen=True):
    """What the profile that judges demands beyond its checks and bars."""

    scope: ClassVar[Scope] = Scope.TABLES

    everything_local: bool = False
    """Whether every agent counts as sensitive."""
