"""Graphics cards, as the driver shows them."""

from typing import ClassVar

from modelcheck.core.facts import Fact, Record, Scope
from modelcheck.core.gap import NOT_RECORDED, Gap


class Gpu(Record, frozen=True):
    """A graphics card as NVML shows it."""

    index: int
    name: str | Gap
    bus: str | Gap
    total: int | Gap
    """Bytes."""
    free: int | Gap
    """Bytes free at the time of the survey."""
    uuid: str | Gap = NOT_RECORDED
    """Kept out of reports."""


class Gpus(Fact, frozen=True):
    """The NVIDIA cards of the machine."""

    scope: ClassVar[Scope] = Scope.MACHINE

    driver: str | Gap
    cards: tuple[Gpu, ...]
