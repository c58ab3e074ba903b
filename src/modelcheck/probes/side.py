"""Which side of a machine this is: the system itself, WSL on Windows, or a container."""

import sys

from modelcheck.core.paths import DRIVES
from modelcheck.probes import system
from modelcheck.probes.access import Access
from modelcheck.probes.serving.own import CONTAINER, WSL, special
from modelcheck.probes.serving.roots import WINDOWS, Roots


def roots_of(access: Access) -> Roots:
    """Return this machine, with the home and the environment that the user allows to be read."""
    return Roots(sys.platform, system.ROOT, access.home, access.environ)


def is_container(access: Access) -> bool:
    """Whether this machine's loopback is that of a container alone."""
    return special(roots_of(access)) == CONTAINER


def drives(access: Access) -> str:
    """Return the folder in which WSL shows the drives of Windows, on either side of it; empty elsewhere."""
    roots = roots_of(access)
    return DRIVES if roots.system == WINDOWS or special(roots) == WSL else ""
