"""What this machine is to others: its own addresses, and whether it is a guest or a container."""

import ipaddress
import socket
from contextlib import suppress

from modelcheck.core.gap import Gap, Why
from modelcheck.probes.files import read_regular
from modelcheck.probes.serving.roots import Roots

CONTAINER, WSL = "container", "wsl"

_ELSEWHERE = ((socket.AF_INET, "203.0.113.1"), (socket.AF_INET6, "2001:db8::1"))  # RFC 5737 and 3849: nobody's
_MARKS = ("/.dockerenv", "/run/.containerenv")
_GROUPS = ("docker", "containerd", "kubepods", "libpod", "lxc")


def own_addresses() -> tuple[str, ...]:
    """Return the addresses that this machine would send from; no packet leaves it."""
    found = [address for family, other in _ELSEWHERE if (address := _source(family, other)) is not None]
    return tuple(address for address in found if not _is_own_alone(address))


def is_public(addresses: tuple[str, ...]) -> bool | Gap:
    """Whether one of these addresses is one of the public internet."""
    if not addresses:
        return Gap(Why.NOT_THERE, about="an address of this machine in a network")
    return any(ipaddress.ip_address(address).is_global for address in addresses)


def special(roots: Roots) -> str:
    """Return `wsl` or `container` where this system is one, else nothing."""
    if any(roots.at(mark).exists() for mark in _MARKS) or _mentions(roots, "1/cgroup", _GROUPS):
        return CONTAINER
    return WSL if _mentions(roots, "version", ("microsoft",)) else ""


def _source(family: socket.AddressFamily, other: str) -> str | None:
    """Ask the system which of its addresses it would use, by connecting a socket that has nothing to send."""
    with suppress(OSError, ValueError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((other, 9))
        return str(probe.getsockname()[0])
    return None


def _is_own_alone(address: str) -> bool:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    return parsed.is_loopback or parsed.is_unspecified or parsed.is_link_local


def _mentions(roots: Roots, name: str, words: tuple[str, ...]) -> bool:
    try:
        text = read_regular(roots.proc / name, 1 << 16).decode("ascii", "replace").lower()
    except OSError:
        return False
    return any(word in text for word in words)
