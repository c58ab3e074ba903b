"""Sockets that listen, from the kernel's own table (Linux)."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from struct import pack

from modelcheck.core.gap import Gap, Why

MOST_LINES = 200_000
LONGEST_LINE = 400
LOOPBACK, EVERYWHERE, ADDRESS = "loopback", "everywhere", "address"

_LISTENS = "0A"  # TCP_LISTEN, include/net/tcp_states.h
_TABLES = ("net/tcp", "net/tcp6")
_LENGTHS = {8: 1, 32: 4}  # hexadecimal digits of an address, and the words of 32 bits that they are


@dataclass(frozen=True)
class Listener:
    """A socket that listens at a port."""

    address: str
    """`loopback`, `everywhere` or `address`."""
    inode: str


def listeners(proc: Path, port: int) -> tuple[Listener, ...] | Gap:
    """Return the sockets that listen at a port; a gap where the kernel shows none of its tables."""
    found: list[Listener] = []
    unseen = 0
    for name in _TABLES:
        try:
            found += _read(proc / name, port)
        except (OSError, UnicodeDecodeError):
            unseen += 1
    if unseen == len(_TABLES):
        return Gap(Why.NOT_THERE, about="the table of sockets")
    return tuple(dict.fromkeys(found))


def _read(table: Path, port: int) -> Iterator[Listener]:
    with table.open(encoding="ascii") as lines:
        bounded = iter(lambda: lines.readline(LONGEST_LINE), "")
        for line in islice(bounded, MOST_LINES):
            listener = _listener(line.split(), port)
            if listener is not None:
                yield listener


def _listener(words: list[str], port: int) -> Listener | None:
    """Read `sl local_address rem_address st … inode`, the address in the byte order of the machine by words."""
    if len(words) < 10 or words[3] != _LISTENS:  # noqa: PLR2004 - up to the inode
        return None
    digits, _, at = words[1].partition(":")
    try:
        if int(at, 16) != port or len(digits) not in _LENGTHS:
            return None
        raw = b"".join(pack("=I", int(digits[start : start + 8], 16)) for start in range(0, len(digits), 8))
    except ValueError:
        return None
    return Listener(_kind(ipaddress.ip_address(raw)), words[9])


def _kind(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    plain = address.ipv4_mapped or address if isinstance(address, ipaddress.IPv6Address) else address
    if plain.is_loopback:
        return LOOPBACK
    return EVERYWHERE if plain.is_unspecified else ADDRESS
