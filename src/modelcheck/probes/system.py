"""The kind of machine that is looked at."""

import sys

from modelcheck.core.gap import NOT_RECORDED
from modelcheck.core.machine import Platform
from modelcheck.probes.access import Access
from modelcheck.probes.probe import probe

# Not platform.system(): it asks for the host's name as well, and on Windows for much that takes seconds.
_SYSTEMS = {"linux": "Linux", "win32": "Windows", "darwin": "Darwin"}
_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY")


@probe
def platform(access: Access) -> Platform:
    """Tell the system, and whether it drives a screen: always on Windows and macOS, by the user's session on Linux."""
    system = _SYSTEMS.get(sys.platform)
    if system is None:
        return Platform(sys.platform, NOT_RECORDED)
    return Platform(system, system != "Linux" or any(access.environ.get(name) for name in _SCREENS))
