"""Events of a connection: what its log, its counters and its lessons hear of a request."""

import asyncio

from modelcheck.core.ruling import Ruling
from modelcheck.core.text import printable
from modelcheck.guard.caller import is_loopback
from modelcheck.guard.event import OTHER, Event, Outcome
from modelcheck.guard.fault import Refused
from modelcheck.guard.reader import RequestReader

_LONGEST_PATH, _LONGEST_NAME = 300, 600


def event_of(reader: RequestReader, refused: Refused, outcome: Outcome, client: str) -> Event:
    """Return what became of a request, as it may be written down."""
    head, ruling = reader.head, refused.ruling
    return Event(
        outcome=outcome,
        reason=refused.reason.value,
        status=refused.status,
        method=head.method.decode("ascii", "replace") if head is not None else "",
        path=_path(reader),
        action=ruling.intent.action.value if ruling is not None else "",
        name=_name(ruling),
        client=client,
        near=ruling.near if ruling is not None else (),
    )


def route_label(reader: RequestReader) -> str:
    """Return the route of a request as the counters know it."""
    return reader.admitted.route.path if reader.admitted is not None else OTHER


def client_label(transport: asyncio.BaseTransport | None) -> str:
    """Return who asks, as the log names it: `loopback`, or an address."""
    peer = transport.get_extra_info("peername") if transport is not None else None
    host = str(peer[0]) if peer else ""
    return "loopback" if is_loopback(host) else printable(host, 60)


def _path(reader: RequestReader) -> str:
    if reader.admitted is not None:
        return reader.admitted.route.path
    if reader.head is None:
        return ""
    return printable(reader.head.target.partition(b"?")[0].decode("ascii", "replace"), _LONGEST_PATH)


def _name(ruling: Ruling | None) -> str:
    return printable(ruling.name, _LONGEST_NAME) if ruling is not None else ""
