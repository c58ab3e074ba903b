"""Listening: one address for one process, or the sockets by which several processes share it."""

import os
import secrets
import socket
import sys
from dataclasses import dataclass

from modelcheck.core.sentence import Told
from modelcheck.guard.setup import Address

BACKLOG = 1024
"""Connections that the system holds until they are taken in."""
MOST, USUAL = 8, 4
"""Processes of one guard; of more than the former none could be allowed to hold a request of the largest size."""


class CannotServe(Told):
    """The guard cannot listen there, or stands in front of itself."""


@dataclass(frozen=True)
class Share:
    """What one of several processes has of a guard."""

    listeners: tuple[socket.socket, ...]
    """Sockets that listen already, one for each address of the host; the system gives each some of the callers."""
    instance: str
    """By which the guard is known, whichever of its processes answers."""

    def close(self) -> None:
        """Let go of it: what another process holds of it goes on."""
        for listener in self.listeners:
            listener.close()


def can_share() -> bool:
    """Whether the system spreads callers over processes that listen at one address; Linux alone is known to."""
    return sys.platform == "linux"


def usual() -> int:
    """Return how many processes a guard has unless told otherwise: one for each core that it may use, up to a bound."""
    return min(len(os.sched_getaffinity(0)), USUAL) if sys.platform == "linux" else 1


def shares(listen: Address, count: int) -> tuple[Share, ...]:
    """Listen at an address with a share of it for each of so many processes; of port 0 all take the same free one.

    Raises:
        CannotServe: the address cannot be listened on, or somebody listens there.

    """
    try:
        places = socket.getaddrinfo(listen.host, listen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return _shares(list(dict.fromkeys((family, place) for family, _, _, _, place in places)), count)
    except OSError as error:
        raise cannot_listen(listen, error) from None


def _shares(places: list[tuple[socket.AddressFamily, tuple[object, ...]]], count: int) -> tuple[Share, ...]:
    opened: list[list[socket.socket]] = [[] for _ in range(count)]
    port = 0
    try:
        for family, (host, asked, *rest) in places:
            place = (host, asked or port, *rest)
            # Sharing needs the consent of all who share, which another guard of this user would give: it must not.
            socket.create_server(place, family=family).close()
            for mine in opened:
                mine.append(socket.create_server(place, family=family, backlog=BACKLOG, reuse_port=True))
                port = mine[-1].getsockname()[1]
                place = (host, port, *rest)
    except OSError:
        for mine in opened:
            Share(tuple(mine), "").close()
        raise
    instance = secrets.token_hex(16)
    return tuple(Share(tuple(mine), instance) for mine in opened)


def cannot_listen(listen: Address, error: OSError) -> CannotServe:
    """Return what is to be said of an address that cannot be listened on."""
    code = error.errno or 0
    return CannotServe(
        "{address} cannot be listened on: {reason}; choose another with --listen",
        address=listen.authority,
        reason=os.strerror(code) if code > 0 else error.strerror or type(error).__name__,
    )
