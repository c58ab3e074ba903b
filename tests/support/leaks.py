"""What must never be shown: the host, the user, the home, addresses of this machine, any part of a key."""

import getpass
import socket
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from modelcheck.probes.serving.own import own_addresses

PIECE = 8
"""Characters of a key that, in a row, are a part of it."""
COMMON = {"root", "user", "runner", "admin", "ubuntu", "localhost", "runneradmin"}
"""Names of people and machines that are words as well."""


def leaks(text: str, *, keys: Iterable[str] = (), homes: Iterable[Path] = ()) -> list[str]:
    """Return what of these a text shows."""
    lower = text.lower()
    told = [word for word in _machine() if word.lower() in lower]
    told += [str(home) for home in homes if len(home.parts) > 1 and str(home).lower() in lower]
    return told + [f"part of a key: {piece}" for key in keys for piece in _pieces(key) if piece in text]


@cache
def _machine() -> tuple[str, ...]:
    names = {socket.gethostname(), _user()}
    loopback = ("127.", "::1", "0.0.0.0", "::")
    addresses = {one for one in own_addresses() if not one.startswith(loopback)}
    return tuple(sorted({name for name in names if len(name) > 3 and name not in COMMON} | addresses))


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _pieces(key: str) -> Iterator[str]:
    body = key.removeprefix("sk-ant-api03-").removeprefix("sk-proj-").removeprefix("sk-")
    return (body[at : at + PIECE] for at in range(max(1, len(body) - PIECE + 1)))
