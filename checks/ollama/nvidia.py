"""Where checks of NVIDIA's cards apply, and what a reader calls a card."""

from fractions import Fraction

from modelcheck.core.asked import Server
from modelcheck.core.check import Outcome, Verdict
from modelcheck.core.gap import Gap, Unseen
from modelcheck.core.graphics import Gpu, Gpus
from modelcheck.core.machine import Platform
from modelcheck.core.placement import runs_here
from modelcheck.core.serving import Containers

SILENT = Verdict(Outcome.PASS, Fraction(1), Fraction(1), ())
"""Part of a check that holds and says nothing by itself."""


def is_here(server: Server, containers: Containers | Gap) -> bool:
    """Whether a server runs on this machine: at loopback, or as a service of the project's own."""
    return runs_here(server.id) or (isinstance(containers, Containers) and bool(containers.serving(server.id)))


def foreign_graphics(gpus: Gpus | Gap, platform: Platform | Gap) -> str | None:
    """Return `apple` or `amd` where it is proven that the machine computes on those; cards of NVIDIA's stand above.

    Raises Unseen where neither such a card nor the kind of graphics was seen.
    """
    if isinstance(gpus, Gpus) and gpus.cards:
        return None
    graphics = platform if isinstance(platform, Gap) else platform.graphics
    if isinstance(graphics, Gap):
        raise Unseen(gpus if isinstance(gpus, Gap) else graphics)
    return graphics if graphics in {"apple", "amd"} else None


def label(card: Gpu) -> str:
    """Return what a reader calls a card."""
    return str(card.index) if isinstance(card.name, Gap) else f"{card.index} ({card.name})"
