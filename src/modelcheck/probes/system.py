"""The kind of machine that is looked at."""

import ctypes
import os
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.machine import Platform
from modelcheck.core.text import printable
from modelcheck.probes.access import Access
from modelcheck.probes.probe import probe

# Not platform.system(): it asks for the host's name as well, and on Windows for much that takes seconds.
_SYSTEMS = {"linux": "Linux", "win32": "Windows", "darwin": "Darwin"}
_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY")
_NVIDIA = "0x10de"
_DISPLAYS = "0x03"  # the class of display controllers, which data centre cards belong to as well
_MOST_DEVICES = 1024

ROOT = Path("/")
"""Where the system's own folders lie."""


@probe
def platform(access: Access) -> Platform:
    """Tell the system, whether it drives a screen, whose graphics it computes on, and its main memory.

    A screen is always driven on Windows and macOS, and on Linux by the user's session.
    """
    system = _SYSTEMS.get(sys.platform)
    if system is None:
        return Platform(sys.platform, NOT_RECORDED, memory=_memory())
    return Platform(
        system,
        system != "Linux" or any(access.environ.get(name) for name in _SCREENS),
        graphics=_GRAPHICS[system](access),
        memory=_memory(),
        chip=_chip() if system == "Darwin" else NOT_RECORDED,
    )


def _of_linux(_access: Access) -> str | Gap:
    """An NVIDIA card counts also where its driver does not run: its absence there is what has to be found."""
    driven = ("dev/nvidiactl", "dev/nvidia0", "proc/driver/nvidia/version", "usr/lib/wsl/lib/libnvidia-ml.so.1")
    if any((ROOT / name).exists() for name in driven):
        return "nvidia"
    plugged = _has_nvidia_device()
    if plugged:
        return "nvidia"
    computes = (ROOT / "dev/kfd").exists() or (ROOT / "sys/class/kfd/kfd").exists()
    driver = (ROOT / "sys/module/amdgpu").exists()
    return "amd" if computes and driver and plugged is False else NOT_RECORDED


def _of_windows(access: Access) -> str | Gap:
    system = Path(access.environ.get("SYSTEMROOT") or access.environ.get("SystemRoot") or "C:/Windows")
    return "nvidia" if (system / "System32" / "nvml.dll").exists() else NOT_RECORDED


def _of_darwin(_access: Access) -> str | Gap:
    """The chip and not the process, which may be one for Intel that is translated."""
    return "apple" if _sysctl("hw.optional.arm64") == 1 else NOT_RECORDED


_GRAPHICS: dict[str, Callable[[Access], str | Gap]] = {
    "Linux": _of_linux,
    "Windows": _of_windows,
    "Darwin": _of_darwin,
}


def _has_nvidia_device() -> bool | None:
    """Whether a card of NVIDIA's is plugged in; None where that is not shown."""
    try:
        devices = list(islice((ROOT / "sys/bus/pci/devices").iterdir(), _MOST_DEVICES))
    except OSError:
        return None
    return any(_word(one / "vendor") == _NVIDIA and _word(one / "class").startswith(_DISPLAYS) for one in devices)


def _word(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(32).decode("ascii", "replace").strip()
    except OSError:
        return ""


def _memory() -> int | Gap:
    """Bytes of main memory."""
    if sys.platform == "win32":
        status = (ctypes.c_uint64 * 8)(64)  # MEMORYSTATUSEX: its own length, and behind it all physical memory
        try:
            answered = ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
        except (AttributeError, OSError):
            return NOT_RECORDED
        return int(status[1]) if answered else NOT_RECORDED
    if sys.platform == "darwin":
        return _sysctl("hw.memsize")
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return NOT_RECORDED


def _sysctl(name: str) -> int | Gap:
    """Return a number that the kernel of macOS tells."""
    value, size = ctypes.c_uint64(), ctypes.c_size_t(8)
    if not _ask_kernel(name, ctypes.byref(value), ctypes.byref(size)):
        return Gap(Why.NOT_RECORDED, about=name)
    return value.value


def _chip() -> str | Gap:
    text, size = ctypes.create_string_buffer(64), ctypes.c_size_t(64)
    if not _ask_kernel("machdep.cpu.brand_string", text, ctypes.byref(size)):
        return NOT_RECORDED
    return printable(text.value.decode("ascii", "replace"))


def _ask_kernel(name: str, value: object, size: object) -> bool:
    try:
        return bool(ctypes.CDLL(None).sysctlbyname(name.encode(), value, size, None, 0) == 0)
    except (AttributeError, OSError, TypeError):
        return False
