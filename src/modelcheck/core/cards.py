"""What is publicly known of graphics cards, dated: memory, bandwidth, power and what drivers they need."""

from typing import ClassVar

import msgspec

from modelcheck.core.facts import Fact, Scope
from modelcheck.core.version import Version

_GIB = 1 << 30
HARDWARE_DAYS = 730
"""Days for which numbers of hardware are believed; they do not change, and new cards come."""


class KnownCard(msgspec.Struct, frozen=True):
    """A card, or boards of one name that share these numbers."""

    names: tuple[str, ...]
    """As the driver says it, without the maker's name in front."""
    bandwidth: int
    """GB/s (10⁹ bytes) of its memory; the least where boards of one name differ."""
    memory: str
    """The kind of its memory, such as `GDDR6X`."""
    gib: int | None = None
    """Memory in GiB; None where it is what the machine has."""
    bandwidth_most: int | None = None
    """GB/s of the fastest board of this name, where they differ."""
    power: int | None = None
    """Watts that the maker's own board may take by default."""
    least_cap: int | None = None
    """Watts below which a cap loses more tokens than energy, as measured."""
    slowdown_at: int | None = None
    """Degrees Celsius from which the card slows itself down."""
    pcie: tuple[int, int] | None = None
    """Generation and lanes of its connection."""
    capability: str | None = None
    """CUDA compute capability."""


class DriverFloor(msgspec.Struct, frozen=True):
    """The oldest driver with which Ollama uses cards from a compute capability on, up to the next row."""

    capability: str
    driver: int
    """The first number of its version."""


class Cards(Fact, frozen=True):
    """Graphics cards by name, and what holds for all of them."""

    scope: ClassVar[Scope] = Scope.TABLES

    as_of: str
    source: str
    warm_at: int
    """Degrees Celsius of the chip from which a card under load is too warm."""
    least_cap_percent: int
    """Estimated: per cent of its default power below which the cap of a card is too low, where nothing was measured."""
    layer_us: int
    """Estimated: microseconds that a layer adds to each token beside reading its weights."""
    drivers: tuple[DriverFloor, ...]
    cards: tuple[KnownCard, ...]

    def oldest_driver(self, capability: Version) -> int | None:
        """Return the first number of the oldest driver for a compute capability; None for one that is too low."""
        floors = ((Version.parse(floor.capability), floor.driver) for floor in self.drivers)
        met = [(least, driver) for least, driver in floors if least is not None and least <= capability]
        return max(met)[1] if met else None

    def of(self, name: str, total: int | None = None) -> KnownCard | None:
        """Return what is known of a card by its whole name, and by its bytes of memory where several share it."""
        known = [card for card in self.cards if _bare(name) in {_bare(one) for one in card.names}]
        if len(known) < 2 or total is None:  # noqa: PLR2004 - one, or none
            return known[0] if len(known) == 1 else None
        return next((card for card in known if card.gib == round(total / _GIB)), None)


def _bare(name: str) -> str:
    return " ".join(name.casefold().removeprefix("nvidia ").split())
