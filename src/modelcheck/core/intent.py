"""What the project declares that it intends; what it does not declare is None."""

from typing import ClassVar

from modelcheck.core.facts import Fact, Scope
from modelcheck.core.gap import Gap


class Expectations(Fact, frozen=True):
    """What the project declares that it intends; a value that it does not declare is None."""

    scope: ClassVar[Scope] = Scope.PROJECT

    reserve_bytes: int | Gap | None = None
    """Graphics memory to keep free; None when nothing is declared."""
